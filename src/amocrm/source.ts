/** What amoCRM shows as the service a call came from. The player of a note works only with a source. */
export const SOURCE = "Kommutator";
/** The same for unsorted leads, as a code. */
export const SOURCE_CODE = "kommutator";

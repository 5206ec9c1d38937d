/** One line of Asterisk's Master.csv: fields in double quotes (numbers without), a quote within is doubled. */
export function parseCsvLine(line: string): string[] {
  const fields: string[] = [];
  const field = /\s*(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/gy;
  for (let at = field.exec(line); at !== null; at = field.exec(line)) {
    fields.push(at[1]?.replaceAll('""', '"') ?? at[2] ?? "");
    if (at[3] === "") break;
  }
  return fields;
}

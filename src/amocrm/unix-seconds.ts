/** amoCRM's times are Unix seconds; ours are epoch milliseconds. */
export const toSeconds = (ms: number): number => Math.floor(ms / 1000);

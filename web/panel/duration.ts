/** Times as the panel shows them. All arguments are milliseconds. */

/** "0:07", "02:14", "1:02:14": a waiting time has one digit of minutes, a timer two. */
export function formatDuration(milliseconds: number, kind: "timer" | "waiting"): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const two = (n: number) => String(n).padStart(2, "0");
  if (hours > 0) return `${hours}:${two(minutes)}:${two(seconds % 60)}`;
  return `${kind === "timer" ? two(minutes) : minutes}:${two(seconds % 60)}`;
}

/** "09:12" by the employee's own clock. `at` is epoch ms. */
export function formatHour(at: number): string {
  const date = new Date(at);
  return `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
}

/** "14:05" of the same day, "24.11, 14:05" of another. Both are epoch ms. */
export function formatMoment(at: number, now: number): string {
  const date = new Date(at);
  if (date.toDateString() === new Date(now).toDateString()) return formatHour(at);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(date.getDate())}.${two(date.getMonth() + 1)}, ${formatHour(at)}`;
}

/**
 * What moderators forbid and can be seen without running the script (docs/protocols/amocrm-platform.md#what-moderators-refuse),
 * and what must be in `script.js` (docs/protocols/amocrm-platform.md#the-script).
 */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\beval\s*\(/, "eval is forbidden"],
  [/\bnew\s+Function\s*\(/, "new Function is eval by another name and forbidden"],
  [/(?<![\w.])(?:window\.)?alert\s*\(/, "alert is forbidden"],
  [/(?<![\w.])(?:window\.)?confirm\s*\(/, "confirm is forbidden"],
  [/\bconsole\s*\.\s*(?!debug\b|trace\b)\w+/, "only console.debug (and console.trace in catch) may be used"],
  [/createElement\s*\(\s*['"`]script['"`]/i, "creating script elements is forbidden"],
  [/\basync\s*:\s*false\b/, "synchronous ajax is forbidden"],
  [/\bAMOCRM\s*\.\s*\w+\s*=(?!=)|\bAPP\s*\.\s*(?:\w+\.)*\w+\s*=(?!=)/, "APP's data must not be changed"],
];
const CALLBACKS = ["render", "init", "bind_actions", "onSave"];

export function* checkScripts(files: ReadonlyMap<string, Uint8Array>): Generator<string> {
  const main = files.get("script.js");
  if (!main) yield "script.js is missing";
  for (const [name, bytes] of files) {
    if (!name.endsWith(".js")) continue;
    const lines = new TextDecoder().decode(bytes).split("\n");
    for (const [pattern, words] of FORBIDDEN) {
      const at = lines.findIndex((line) => pattern.test(line));
      if (at >= 0) yield `${name}:${at + 1}: ${words}`;
    }
  }
  const source = new TextDecoder().decode(main);
  if (main && !/\bdefine\s*\(/.test(source)) yield "script.js: must be an AMD module (define)";
  for (const callback of CALLBACKS) {
    if (main && !new RegExp(`\\b${callback}\\b`).test(source)) yield `script.js: callback ${callback} is missing`;
  }
}

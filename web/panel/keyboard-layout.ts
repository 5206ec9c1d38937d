/** What a text would have been on the other keyboard layout: "fyyf" ⇄ "анна". Russian ЙЦУКЕН and US QWERTY. */
const LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
const CYRILLIC = "йцукенгшщзхъфывапролджэячсмитьбюё";

const OTHER = new Map<string, string>();
for (let i = 0; i < LATIN.length; i++) {
  const [latin, cyrillic] = [LATIN.charAt(i), CYRILLIC.charAt(i)];
  OTHER.set(latin, cyrillic);
  OTHER.set(cyrillic, latin);
}

/** In lower case; a character that has no pair stays. */
export function onOtherLayout(text: string): string {
  return [...text.toLowerCase()].map((character) => OTHER.get(character) ?? character).join("");
}

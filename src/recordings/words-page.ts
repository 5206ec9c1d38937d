/** What a person reads where there is no sound: a page in both languages, without anything that is loaded or run. */
import type { RouteAnswer } from "../lib/route.ts";

interface Words {
  readonly ru: string;
  readonly en: string;
}

export const WORDS = {
  /** For whoever may not: a wrong link, a foreign one, one that needs a grant, a grant that is over. It tells nothing. */
  refused: {
    ru: "По этой ссылке запись не открыть. Войдите в amoCRM, откройте карточку звонка и включите запись там: нажмите ▶. Если не помогло, обновите страницу amoCRM или спросите администратора.",
    en: "The recording does not open by this link. Sign in to amoCRM, open the card of the call and play it there: press ▶. If that does not help, reload amoCRM's page or ask your administrator.",
  },
  pending: {
    ru: "АТС ещё не отдала запись. Попробуйте через минуту.",
    en: "The PBX has not given the recording yet. Try again in a minute.",
  },
  away: {
    ru: "Запись сейчас не получить с АТС. Попробуйте позже или скажите администратору.",
    en: "The recording cannot be had from the PBX just now. Try later, or tell your administrator.",
  },
  none: { ru: "В этом звонке ничего не записано.", en: "Nothing was recorded in this call." },
  lost: {
    ru: "Запись не сохранилась: администратор видит причину.",
    en: "The recording is lost; your administrator sees why.",
  },
} as const satisfies Record<string, Words>;

export function wordsPage(
  status: number,
  { ru, en }: Words,
  headers: Readonly<Record<string, string>> = {},
): RouteAnswer {
  const body = `<!doctype html>
<html lang="ru">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>Коммутатор</title>
<p>${ru}</p>
<p lang="en">${en}</p>
</html>
`;
  return { status, headers: { "content-type": "text/html; charset=utf-8", ...headers }, body };
}

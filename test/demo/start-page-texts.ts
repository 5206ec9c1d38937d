/** Words of the start page, Russian and English. */
const ru = {
  language: "Русский",
  title: "Коммутатор: демонстрация",
  stand: "Учебный стенд: люди, номера и звонки вымышлены",
  about:
    "Работает настоящий сервис. Вместо АТС и CRM рядом с ним две учебные программы: телефоны нажимают мышью, а звонки никуда из этого компьютера не уходят.",
  aboutAsterisk:
    "Работают настоящий сервис и настоящий Asterisk с SIP-телефонами, нарисованными на странице. Вместо CRM — учебная программа. Звонки никуда из этого компьютера не уходят.",
  doors: "Куда пойти",
  maria: "CRM: Мария, 201",
  mariaMore: "карточка сделки с панелью",
  boris: "CRM: Борис, 202",
  borisMore: "в другом браузере или в окне инкогнито: вход в CRM один на браузер",
  phones: "Настольные телефоны",
  phonesMore: "201–206 и клиенты снаружи",
  tryTitle: "Что попробовать",
  tries: (unsorted: string) => [
    "Откройте CRM Марии и рядом телефоны. Раз в сорок секунд кто-нибудь звонит сам; позвонить за клиента можно и на странице телефонов. Панель показывает, кто это.",
    "Нажмите «Ответить» на телефоне 201: в панели пойдёт время разговора. Положите трубку и напишите в панели, что решили: в ленте сделки появится примечание с этими словами, его запись можно слушать.",
    "В разговоре нажмите в панели «Перевести» и выберите коллегу: пока он не ответит, клиент слушает музыку. Или поставьте клиента на парковку: его заберёт любой из отдела. То же умеет и телефон: номер в его поле и «Перевести».",
    "Нажмите на номер в карточке и выберите «Позвонить»: сначала зазвонит 201, ответьте на нём, и через четыре секунды ответит клиент. Иван Долгих (+7 900 555-01-01) всегда занят.",
    "Нажмите <kbd>Alt</kbd>+<kbd>K</kbd>, наберите «алла» и <kbd>Enter</kbd>: ответьте на 201, и зазвонит 205. Вера, Игорь и Алла снимают трубку сами.",
    `Незнакомый клиент, отвеченный или нет, становится заявкой в <a href="${unsorted}" target="_blank">«Неразобранном»</a> воронки той линии, на которую звонил. А все звонки собраны в CRM в разделе «Звонки».`,
  ],
};

export type Texts = typeof ru;

const en: Texts = {
  language: "English",
  title: "Kommutator: the demo",
  stand: "A practice stand: people, numbers and calls are invented",
  about:
    "The service is the real one. In place of the PBX and of the CRM two practice programs stand beside it: phones are clicked with the mouse, and no call leaves this computer.",
  aboutAsterisk:
    "The service is the real one, and so is the Asterisk; its SIP phones are drawn on a page. In place of the CRM there is a practice program. No call leaves this computer.",
  doors: "Where to go",
  maria: "CRM: Maria, 201",
  mariaMore: "a deal's card with the panel",
  boris: "CRM: Boris, 202",
  borisMore: "in another browser or a private window: a browser holds one sign-in to the CRM",
  phones: "Desk phones",
  phonesMore: "201–206, and the clients outside",
  tryTitle: "What to try",
  tries: (unsorted) => [
    "Open Maria's CRM and beside it the phones. Every forty seconds somebody calls by himself; you may also call as a client on the page of phones. The panel shows who it is.",
    "Click “Answer” at phone 201: the talk's time runs in the panel. Hang up and write into the panel what was decided: the deal's feed gets a note with these words and a recording to listen to.",
    "In a talk click “Transfer” in the panel and choose a colleague: until he answers the client hears music. Or park the client: anybody of the department may fetch him. The phone can do it, too: a number in its field, and “Transfer”.",
    "Click a number in the card and choose “Call”: first 201 rings; answer there, and four seconds later the client answers. Ivan Dolgikh, Иван Долгих (+7 900 555-01-01), is always busy.",
    "Press <kbd>Alt</kbd>+<kbd>K</kbd>, type 205 and <kbd>Enter</kbd>: answer at 201, and 205 rings. 203, 204 and 205 answer by themselves.",
    `A stranger, answered or not, becomes a lead in <a href="${unsorted}" target="_blank">“Unsorted”</a> of the pipeline that the called line belongs to. All calls are gathered in the CRM under “Calls”.`,
  ],
};

export type Language = "ru" | "en";
export const TEXTS: Readonly<Record<Language, Texts>> = { ru, en };

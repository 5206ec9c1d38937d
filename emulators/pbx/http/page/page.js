// The page of desk phones: draws the state that /events sends, and posts what a person does. No library, no build.
const TEXT = {
  ru: {
    stand: "Учебный стенд",
    title: "Настольные телефоны",
    about: "Программа для проверок: настоящей телефонной связи за ней нет.",
    aboutReal: "Телефоны нарисованы, АТС за ними настоящая: Asterisk.",
    other: "English",
    clients: "Клиенты",
    from: "Номер клиента",
    did: "Звонит на номер",
    callCompany: "Позвонить в компанию",
    phones: "Телефоны сотрудников",
    answer: "Ответить",
    reject: "Отклонить",
    hangup: "Положить трубку",
    hold: "Удержать",
    unhold: "Снять с удержания",
    dial: "Набрать",
    transfer: "Перевести",
    join: "Соединить обоих",
    number: "Номер",
    free: "Свободен",
    off: "Не зарегистрирован",
    registered: "Включён",
    dnd: "Не беспокоить",
    lost: "Связь со стендом прервалась. Страница подключится сама.",
    ringing: "Звонит",
    calling: "Вызов",
    talking: "Разговор",
    held: "На удержании",
    "on-hold": "Вас удерживают",
    music: "Слышит музыку",
    ended: "Завершён",
    in: "входящий",
    out: "исходящий",
    anonymous: "Без номера",
  },
  en: {
    stand: "Practice stand",
    title: "Desk phones",
    about: "A program for tests: there is no real telephone behind it.",
    aboutReal: "The phones are drawn, the PBX behind them is real: Asterisk.",
    other: "Русский",
    clients: "Clients",
    from: "Client's number",
    did: "Calls the number",
    callCompany: "Call the company",
    phones: "Employees' phones",
    answer: "Answer",
    reject: "Reject",
    hangup: "Hang up",
    hold: "Hold",
    unhold: "Resume",
    dial: "Dial",
    transfer: "Transfer",
    join: "Join both",
    number: "Number",
    free: "Free",
    off: "Not registered",
    registered: "On",
    dnd: "Do not disturb",
    lost: "The stand is out of reach. The page will reconnect by itself.",
    ringing: "Rings",
    calling: "Calling",
    talking: "Talking",
    held: "On hold",
    "on-hold": "You are on hold",
    music: "Hears music",
    ended: "Ended",
    in: "incoming",
    out: "outgoing",
    anonymous: "No number",
  },
};
const at = (id) => document.getElementById(id);
let language = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "ru";
let state;
const say = (key) => TEXT[language][key] ?? key;

async function send(path, body = {}) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    at("problem").textContent = response.ok ? "" : (await response.json()).error;
  } catch {
    at("problem").textContent = say("lost");
  }
}

/** An element with attributes and children; `text` is never markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A key is redrawn at every change: its id lets the focus stay where the person left it. */
function key(id, word, owner, look, act, disabled = false) {
  return make("button", {
    type: "button",
    id,
    class: look,
    text: say(word),
    "aria-label": `${say(word)}: ${owner}`,
    disabled,
    onclick: act,
  });
}

const party = ({ number, name }) =>
  number === "anonymous" || number === "" ? say("anonymous") : name ? `${number} ${name}` : number;

function drawPhone(phone) {
  const { extension } = phone;
  const owner = `${extension} ${phone.name}`;
  const has = (...states) => phone.calls.find((call) => states.includes(call.state));
  const act = (verb, body) => () => send(`phones/${extension}/${verb}`, body);
  const id = (what) => `${what}-${extension}`;
  const screen = phone.registered
    ? phone.calls.map((call) => make("p", { text: `${say(call.state)}: ${party(call)}` }))
    : [make("p", { text: say("off") })];
  if (screen.length === 0) screen.push(make("p", { text: say("free") }));
  const field = make("input", {
    id: id("number"),
    name: "number",
    inputmode: "tel",
    autocomplete: "off",
    "aria-label": `${say("number")}: ${owner}`,
  });
  const talking = has("talking");
  return make(
    "section",
    { class: `phone${has("ringing") ? " ringing" : ""}${phone.registered ? "" : " off"}`, "aria-label": owner },
    make("h3", { text: owner }),
    make("div", { class: "screen", role: "status", "aria-label": owner }, ...screen),
    make(
      "div",
      { class: "keys" },
      key(id("answer"), "answer", owner, "go", act("answer"), !has("ringing")),
      key(id("reject"), "reject", owner, "", act("reject"), !has("ringing")),
      key(id("hangup"), "hangup", owner, "stop", act("hangup"), !has("talking", "calling", "held", "on-hold")),
      talking || !has("held")
        ? key(id("hold"), "hold", owner, "", act("hold"), !talking)
        : key(id("hold"), "unhold", owner, "", act("unhold")),
      key(id("join"), "join", owner, "", act("attended-transfer"), !(talking && has("held"))),
    ),
    make(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          void send(`phones/${extension}/dial`, { number: field.value });
        },
      },
      field,
      make("button", {
        id: id("dial"),
        text: say("dial"),
        "aria-label": `${say("dial")}: ${owner}`,
        disabled: !phone.registered,
      }),
      key(
        id("transfer"),
        "transfer",
        owner,
        "",
        () => send(`phones/${extension}/blind-transfer`, { number: field.value }),
        !talking,
      ),
    ),
    make(
      "div",
      { class: "switches" },
      make(
        "label",
        {},
        make("input", {
          type: "checkbox",
          id: id("registered"),
          checked: phone.registered,
          onchange: (event) => send(`phones/${extension}/register`, { on: event.target.checked }),
        }),
        say("registered"),
      ),
      make(
        "label",
        {},
        make("input", {
          type: "checkbox",
          id: id("dnd"),
          checked: phone.doNotDisturb,
          onchange: (event) => send(`phones/${extension}/do-not-disturb`, { on: event.target.checked }),
        }),
        say("dnd"),
      ),
    ),
  );
}

function drawOutside(call) {
  const ends = call.direction === "in" ? `→ ${call.did}` : "";
  const owner = party({ number: call.number, name: "" });
  return make(
    "li",
    {},
    make("span", { text: `${owner} ${ends} (${say(call.direction)}): ${say(call.state)}` }),
    make(
      "div",
      { class: "keys" },
      ...(call.direction === "out" && call.state === "ringing"
        ? [
            key(`answer-${call.id}`, "answer", owner, "go", () => send(`calls/${call.id}/answer`)),
            key(`reject-${call.id}`, "reject", owner, "", () => send(`calls/${call.id}/reject`, { code: 486 })),
          ]
        : []),
      ...(call.state === "ended"
        ? []
        : [key(`hangup-${call.id}`, "hangup", owner, "stop", () => send(`calls/${call.id}/hangup`))]),
    ),
  );
}

function draw() {
  document.documentElement.lang = language;
  document.title = `${say("stand")}: ${say("title")}`;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
  at("about").textContent = say(state?.style === "real" ? "aboutReal" : "about");
  at("language").textContent = say("other");
  if (!state) return;
  const select = document.querySelector("#call select");
  if (select.children.length === 0) select.append(...state.dids.map((did) => make("option", { text: did })));
  // What is being typed and where the focus is survive the redraw.
  const typed = new Map(
    [...document.querySelectorAll(".phone input[name=number]")].map((input) => [input.id, input.value]),
  );
  const focus = document.activeElement?.id;
  at("phones").replaceChildren(...state.phones.map(drawPhone));
  at("outside").replaceChildren(...state.outside.map(drawOutside));
  for (const [id, value] of typed) if (at(id)) at(id).value = value;
  if (focus) at(focus)?.focus();
}

at("call").addEventListener("submit", (event) => {
  event.preventDefault();
  const { from, did } = Object.fromEntries(new FormData(event.target));
  void send("calls", { from: from.trim() === "" ? null : from.trim(), did });
});
at("language").addEventListener("click", () => {
  language = language === "ru" ? "en" : "ru";
  draw();
});
const events = new EventSource("events");
events.onmessage = ({ data }) => {
  state = JSON.parse(data);
  if (at("problem").textContent === say("lost")) at("problem").textContent = "";
  draw();
};
events.onerror = () => {
  at("problem").textContent = say("lost");
};
draw();

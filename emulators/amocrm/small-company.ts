/** The usual practice account: a small invented window company. Numbers are of ranges that the telephone lab calls from. */

import type { Pipeline, Status, User } from "./crm/model.ts";
import type { Seed, SeedEntity } from "./crm/seed.ts";

/** Extension of each user on the lab's PBX; the CRM itself knows no extensions, widgets are told them in their settings. */
export const EXTENSIONS: Readonly<Record<number, string>> = {
  504141: "201",
  504142: "202",
  504143: "203",
  504144: "204",
  504145: "205",
};

/** Pipelines by name, for those who map a DID to one. */
export const PIPELINES = { sales: 3177727, service: 3177728 } as const;

/** Entities that tests and the demo speak of. */
export const PEOPLE = {
  /** One contact with one active lead; the lab's client 79001234567. */
  anna: { contact: 11070881, lead: 3912171, phone: "+7 900 123-45-67" },
  /** One contact with two active leads. */
  pavel: { contact: 11070882, leads: [3912172, 3912173], phone: "8 (900) 765-43-21" },
  /** A contact whose only lead is lost. */
  ivan: { contact: 11070883, lead: 3912174, phone: "+79005550101" },
  /** A contact without leads. */
  elena: { contact: 11070884, phone: "+7 (916) 222-33-44" },
  /** A company's own number. */
  company: { company: 10857345, phone: "+7 495 777-00-11" },
} as const;

const CREATED_AT = 1_750_000_000;

const user = (id: number, name: string, email: string, more: Partial<User> = {}): User => ({
  id,
  name,
  email: `${email}@okna-severa.example`,
  lang: "ru",
  phone_number: null,
  group_id: 267688,
  is_admin: false,
  is_free: false,
  is_active: true,
  ...more,
});

function pipeline(id: number, name: string, sort: number, firstStatus: number, stages: readonly string[]): Pipeline {
  const colors = ["#99ccff", "#ffff99", "#ffcc66", "#ffcccc"];
  const status = (statusId: number, title: string, at: number, color: string, type: 0 | 1 = 0): Status => ({
    id: statusId,
    name: title,
    sort: at,
    color,
    type,
  });
  return {
    id,
    name,
    sort,
    is_main: sort === 1,
    is_unsorted_on: true,
    is_archive: false,
    statuses: [
      status(firstStatus, "Неразобранное", 10, "#c1c1c1", 1),
      ...stages.map((title, index) =>
        status(firstStatus + 3 * (index + 1), title, 20 + index * 10, colors[index % 4] ?? "#99ccff"),
      ),
      status(142, "Успешно реализовано", 10_000, "#CCFF66"),
      status(143, "Закрыто и не реализовано", 11_000, "#D5D8DB"),
    ],
  };
}

const phone = (...values: string[]) => ({
  field_code: "PHONE",
  values: values.map((value, index) => ({ value, enum_code: index === 0 ? "WORK" : "MOB" })),
});
const email = (value: string) => ({ field_code: "EMAIL", values: [{ value, enum_code: "WORK" }] });
const position = (value: string) => ({ field_code: "POSITION", values: [{ value }] });
const created = { created_at: CREATED_AT, updated_at: CREATED_AT };

const companies: readonly SeedEntity[] = [
  {
    ...created,
    id: 10857345,
    name: "ООО «Северный ветер»",
    responsible_user_id: 504142,
    custom_fields_values: [phone(PEOPLE.company.phone)],
  },
  { ...created, id: 10857346, name: "ИП Лукина", responsible_user_id: 504143 },
];

const contacts: readonly SeedEntity[] = [
  {
    ...created,
    id: PEOPLE.anna.contact,
    first_name: "Анна",
    last_name: "Кравцова",
    responsible_user_id: 504141,
    custom_fields_values: [phone(PEOPLE.anna.phone), email("anna@wind.example"), position("Снабжение")],
    _embedded: { companies: [{ id: 10857345 }] },
  },
  {
    ...created,
    id: PEOPLE.pavel.contact,
    first_name: "Павел",
    last_name: "Лукин",
    responsible_user_id: 504143,
    custom_fields_values: [phone(PEOPLE.pavel.phone, "+7 900 765-43-22")],
    _embedded: { companies: [{ id: 10857346 }] },
  },
  {
    ...created,
    id: PEOPLE.ivan.contact,
    first_name: "Иван",
    last_name: "Долгих",
    responsible_user_id: 504142,
    custom_fields_values: [phone(PEOPLE.ivan.phone)],
  },
  {
    ...created,
    id: PEOPLE.elena.contact,
    first_name: "Елена",
    last_name: "Ясная",
    responsible_user_id: 504144,
    custom_fields_values: [phone(PEOPLE.elena.phone)],
  },
];

const lead = (
  id: number,
  name: string,
  price: number,
  statusId: number,
  responsible: number,
  contact: number,
  more: Partial<SeedEntity> = {},
): SeedEntity => ({
  ...created,
  id,
  name,
  price,
  status_id: statusId,
  pipeline_id: PIPELINES.sales,
  responsible_user_id: responsible,
  _embedded: { contacts: [{ id: contact, is_main: true }] },
  ...more,
});

const leads: readonly SeedEntity[] = [
  lead(PEOPLE.anna.lead, "Окна, 12 шт.", 480_000, 32392162, 504141, PEOPLE.anna.contact, {
    _embedded: { contacts: [{ id: PEOPLE.anna.contact, is_main: true }], companies: [{ id: 10857345 }] },
    notes: [
      {
        note_type: "common",
        params: { text: "Просила звонить после 14:00" },
        created_by: 504141,
        created_at: CREATED_AT,
      },
    ],
  }),
  lead(3912172, "Балкон под ключ", 155_000, 32392159, 504143, PEOPLE.pavel.contact),
  lead(3912173, "Ремонт створки", 7_500, 32402159, 504144, PEOPLE.pavel.contact, { pipeline_id: PIPELINES.service }),
  lead(PEOPLE.ivan.lead, "Дверь входная", 60_000, 143, 504142, PEOPLE.ivan.contact, { closed_at: CREATED_AT }),
];

/** @param language of the pages and of the people */
export function smallCompany(language: "ru" | "en" = "ru"): Seed {
  return {
    accounts: [
      {
        identity: {
          id: 12345678,
          name: "Окна Севера",
          subdomain: "okna-severa",
          host: null,
          created_at: 1_700_000_000,
          timezone: "Europe/Moscow",
          timezone_offset: "+03:00",
        },
        groups: [
          { id: 0, name: "Отдел продаж" },
          { id: 267688, name: "Менеджеры" },
        ],
        users: [
          user(504141, "Мария Верхнеудинская", "maria", { is_admin: true, group_id: null, lang: language }),
          user(504142, "Борис Тимофеев", "boris", { lang: language }),
          user(504143, "Вера Нечаева", "vera", { lang: language }),
          user(504144, "Игорь Савельев", "igor", { lang: language }),
          user(504145, "Алла Берг", "alla", { lang: language }),
          user(504146, "Пётр Уволен", "petr", { is_active: false }),
          user(504147, "Гость Бесплатный", "guest", { is_free: true }),
        ],
        pipelines: [
          pipeline(PIPELINES.sales, "Продажи", 1, 32392156, ["Первичный контакт", "Договор", "Монтаж"]),
          pipeline(PIPELINES.service, "Сервис", 2, 32402156, ["Новая заявка", "Выезд мастера"]),
        ],
        companies,
        contacts,
        leads,
      },
    ],
  };
}

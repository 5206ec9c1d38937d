/**
 * The panel's words. A message is a text with {places}, or its plural forms, chosen by the value named `count`.
 * Every word that a person sees or hears comes from a catalogue: `ru.ts` says which keys there are.
 */
import type { ru } from "./ru.ts";

export type Language = "ru" | "en";

/** Plural forms by CLDR name; `other` is what is left. */
export type Message =
  | string
  | ({ readonly [form in Exclude<Intl.LDMLPluralRule, "other">]?: string } & { readonly other: string });

export type MessageKey = keyof typeof ru;

export type Values = Readonly<Record<string, string | number>>;

/** Says a message in the language it was made for. */
export type Say = (key: MessageKey, values?: Values) => string;

export type Catalogue = Readonly<Record<MessageKey, Message>>;

/** `catalogue` is the one of the language; each language's page carries its own only. */
export function sayIn(language: Language, catalogue: Catalogue): Say {
  const plural = new Intl.PluralRules(language);
  return (key, values = {}) => {
    const message = catalogue[key];
    const text =
      typeof message === "string" ? message : (message[plural.select(Number(values["count"]))] ?? message.other);
    return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
  };
}

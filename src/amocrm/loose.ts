/** amoCRM's types as they come: PHP writes them, and nobody promises which of its spellings. */
import { z } from "zod";

/** A whole number, or a text that is one. */
export const int = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
]);

/** `null` where there is none, or none that can be read. */
export const optionalInt = int
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);

/** Empty where there is none. */
export const text = z
  .union([z.string(), z.number()])
  .nullish()
  .catch(null)
  .transform((value) => String(value ?? ""));

/** Yes in PHP's own spellings, and those of the CRM's older answers. */
export const YES: ReadonlySet<unknown> = new Set([true, 1, "1", "true", "Y"]);

/** No, unless it says yes. */
export const flag = z
  .unknown()
  .optional()
  .transform((value) => YES.has(value));

/** In PHP a list from which something was taken out is an object with numbers. What cannot be read of it is left out. */
export const presentList = <T>(item: z.ZodType<T>) =>
  z.union([
    z.array(item), // the rule, which is quickly read
    z
      .union([z.array(z.unknown()), z.record(z.string(), z.unknown())])
      .nullable()
      .transform((value) =>
        Object.values(value ?? []).flatMap((one) => {
          const { success, data } = item.safeParse(one);
          return success ? [data] : [];
        }),
      ),
  ]);

/** The same where it may be missing. */
export const list = <T>(item: z.ZodType<T>) => presentList(item).prefault(null);

/** Ids of other entities. */
export const references = list(z.object({ id: int })).transform((each) => each.map(({ id }) => id));

/** An object that tells something beside: where PHP has nothing to write, it writes an empty list, or null. */
export const part = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess(
    (value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? value : {}),
    z.object(shape),
  );

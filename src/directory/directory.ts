/**
 * Who is who in a company: its employees and their phones, its lines. Configured, not guessed.
 * Pure look-ups; used by whoever must turn an extension into a person or a line into a pipeline.
 */
export interface Employee {
  readonly name: string;
  readonly department: string | null;
  /** amoCRM user; null when the extension belongs to nobody there. */
  readonly userId: number | null;
  /** The first one is the desk phone that click-to-call rings. Each is an extension as calls name it ("201"). */
  readonly extensions: readonly string[];
  /** His mobile, which may be rung in the place of his desk phone. */
  readonly mobile?: string | null;
  /** The line (DID) that clients see when he dials; null: what the PBX chooses. */
  readonly line?: string | null;
  /** By which header his phone is asked to pick up by itself for his own dial; null: as the PBX's setting says. */
  readonly autoAnswer?: "off" | "call-info" | "alert-info" | null;
  /** false: his phone is never asked to put a call on hold. */
  readonly holds?: boolean;
  /** Sees all calls and may command them. */
  readonly manager: boolean;
}

/** A line that clients dial. */
export interface Line {
  /** Digits as the PBX tells them (the DID). */
  readonly did: string;
  readonly label: string | null;
  /** Where unsorted leads of this line go; null: the account's default. */
  readonly pipelineId: number | null;
}

/** One amoCRM account and what belongs to it. */
export interface Account {
  readonly id: string;
  /** ISO 3166 country that national phone numbers are read in. */
  readonly country: string;
  /** IANA zone, e.g. "Europe/Moscow". */
  readonly timeZone: string;
  readonly language: "ru" | "en";
  /** null: the account's main pipeline. */
  readonly defaultPipelineId: number | null;
  readonly employees: readonly Employee[];
  readonly lines: readonly Line[];
}

/** Asked for every panel at every change of a call: looked up once for each list of employees. */
const byExtension = new WeakMap<readonly Employee[], ReadonlyMap<string, Employee>>();

export function findEmployeeByExtension({ employees }: Account, extension: string): Employee | undefined {
  let known = byExtension.get(employees);
  if (known === undefined) {
    // Whoever stands first has it.
    known = new Map(employees.toReversed().flatMap((one) => one.extensions.map((each) => [each, one] as const)));
    byExtension.set(employees, known);
  }
  return known.get(extension);
}

export function findEmployeeByUser(account: Account, userId: number): Employee | undefined {
  return account.employees.find((employee) => employee.userId === userId);
}

export function findLine(account: Account, did: string): Line | undefined {
  return account.lines.find((line) => line.did === did);
}

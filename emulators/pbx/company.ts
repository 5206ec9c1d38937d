/** The small company behind the PBX: who has which extension, where each DID leads. Nothing here is about AMI. */
export interface Employee {
  readonly extension: string;
  readonly name: string;
}

/** Where an incoming call goes: phones one after another, a queue, or a ring group. `afterTalkSeconds`: the client stays that long after the talk. */
export type Route =
  | {
      readonly kind: "steps";
      readonly steps: readonly { readonly to: string; readonly seconds: number }[];
      readonly afterTalkSeconds?: number;
    }
  | { readonly kind: "queue" }
  | { readonly kind: "ring-group"; readonly seconds: number };

export interface Company {
  readonly employees: readonly Employee[];
  /** DID (digits, as the provider sends it) → route. */
  readonly dids: Readonly<Record<string, Route>>;
  readonly queue: {
    readonly extension: string;
    readonly members: readonly string[];
    readonly ringSeconds: number;
    readonly retrySeconds: number;
    readonly timeoutSeconds: number;
  };
  readonly ringGroup: { readonly extension: string; readonly members: readonly string[]; readonly seconds: number };
  /** Number that the provider shows for the company's calls. */
  readonly outboundNumber: string;
}

/** Same numbers and routes as the practice company that the AMI streams were recorded with. */
export const PRACTICE_COMPANY: Company = {
  employees: ["201", "202", "203", "204", "205", "206"].map((extension) => ({
    extension,
    name: `Employee ${extension}`,
  })),
  dids: {
    "74950003344": {
      kind: "steps",
      steps: [
        { to: "201", seconds: 20 },
        { to: "202", seconds: 20 },
      ],
    },
    "74950003345": { kind: "queue" },
    "74950003346": { kind: "ring-group", seconds: 25 },
    "74950003347": { kind: "steps", steps: [{ to: "201", seconds: 20 }], afterTalkSeconds: 2 },
  },
  queue: { extension: "2210", members: ["201", "202", "203"], ringSeconds: 15, retrySeconds: 1, timeoutSeconds: 120 },
  ringGroup: { extension: "2200", members: ["201", "203", "204"], seconds: 25 },
  outboundNumber: "74950003344",
};

/** Digits of an outside number the way the provider wants them: 8XXXXXXXXXX and +7XXXXXXXXXX become 7XXXXXXXXXX. Undefined when it is none. */
export function outsideNumber(dialled: string): string | undefined {
  const match = /^(?:\+7|7|8)(\d{10})$/.exec(dialled);
  return match ? `7${match[1]}` : undefined;
}

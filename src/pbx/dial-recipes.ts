/**
 * How each kind of PBX is asked to ring an employee's phone and then a number. In the templates `{extension}` and
 * `{number}` stand for what is dialled; both are checked before they are filled in.
 */
export interface DialRecipe {
  /** What rings first. */
  readonly channel: string;
  /** Where the number is dialled from when the employee has answered. */
  readonly context: string;
  /** What the employee's phone shows; undefined where the PBX sees to it by a variable. */
  readonly callerId?: string;
  readonly variables: readonly string[];
}

export const DIAL_RECIPES = {
  /** Run on MikoPBX's own dialplan (capture m01-click-to-call-answered): the phone shows `pt1c_cid`. */
  mikopbx: {
    channel: "Local/{extension}@internal-originate",
    context: "all_peers",
    variables: ["pt1c_cid={number}"],
  },
  /** Run on a plain Asterisk 22 (capture 01b-click-to-call-direct); the context is the installation's own to name. */
  asterisk: {
    channel: "PJSIP/{extension}",
    context: "from-internal",
    callerId: '"{number}" <{number}>',
    variables: [],
  },
  /**
   * Read in FreePBX's dialplan, not run: without the two variables its records show the wrong source and the call is
   * not recorded.
   */
  freepbx: {
    channel: "Local/{extension}@from-internal",
    context: "from-internal",
    callerId: '"{number}" <{extension}>',
    variables: ["__REALCALLERIDNUM={extension}", "AMPUSER={extension}"],
  },
} as const satisfies Record<string, DialRecipe>;

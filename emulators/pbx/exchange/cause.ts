/** Q.850 causes with Asterisk's words for them. */
export const CAUSE_TEXT: Readonly<Record<number, string>> = {
  0: "Unknown",
  1: "Unallocated (unassigned) number",
  3: "No route to destination",
  16: "Normal Clearing",
  17: "User busy",
  18: "No user responding",
  19: "User alerting, no answer",
  20: "Subscriber absent",
  21: "Call Rejected",
  26: "Answered elsewhere",
  34: "Circuit/channel congestion",
  127: "Interworking, unspecified",
};

import type { Channel } from "../exchange/channel.ts";
import type { Pbx } from "./actions.ts";

/** Values of the dialplan functions and variables that `Getvar` is asked for, on a channel or without one. Undefined = unset. */
export function functionValue(pbx: Pbx, channel: Channel | undefined, expression: string): string | undefined {
  const call = /^([A-Z_]+)\(([^)]*)\)$/.exec(expression);
  const [first = "", second = ""] = (call?.[2] ?? "").split(",");
  const phone = pbx.dialplan.phones.get(first.replace(/^PJSIP\//, ""));
  switch (call?.[1]) {
    case "DIALPLAN_EXISTS":
      return pbx.dialplan.lookup(first, second) ? "1" : "0";
    case "PJSIP_DIAL_CONTACTS":
      return phone?.registered ? `PJSIP/${first}/${phone.contact}` : "";
    case "PJSIP_ENDPOINT":
      return phone && second === "callerid" ? `"${phone.employee.name}" <${first}>` : "";
    case "DEVICE_STATE":
      if (!phone) return "INVALID";
      if (!phone.registered) return "UNAVAILABLE";
      return phone.busy ? "INUSE" : "NOT_INUSE";
    case "CHANNEL_EXISTS":
      return pbx.dialplan.exchange.find(first) ? "1" : "0";
    default:
  }
  if (channel) return channel.variable(expression);
  const { parking } = pbx.dialplan.profile;
  const globals: Record<string, string> = {
    TRANSFER_CONTEXT: "internal-transfer",
    PICKUP_EXTEN: "*8",
    PARKING_CONTEXT: parking.context,
  };
  return globals[expression];
}

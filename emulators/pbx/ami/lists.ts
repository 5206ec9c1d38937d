import type { Channel } from "../exchange/channel.ts";
import type { Line } from "../packet-text.ts";
import type { ActionHandler, Pbx, Performance } from "./actions.ts";

const two = (value: number): string => String(value).padStart(2, "0");
const secondsSince = (milliseconds: number): number => Math.floor((Date.now() - milliseconds) / 1000);

/** `HH:MM:SS` since the channel was born. */
function duration(channel: Channel): string {
  const seconds = secondsSince(channel.startedAt);
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
}

/** Actions that answer with a list: a response, one event an item, a closing event with the count. */
export function listActions(pbx: Pbx): Record<string, ActionHandler> {
  const { dialplan, presence } = pbx;
  const { exchange } = dialplan;
  return {
    CoreShowChannels: {
      needs: ["system", "reporting"],
      run: (performance) => {
        const items = [...exchange.channels.values()].map((channel): Line[] => [
          ["Event", "CoreShowChannel"],
          ...channel.lines(exchange.profile),
          ["Application", channel.application],
          ["ApplicationData", channel.applicationData],
          ["Duration", duration(channel)],
          ["BridgeId", channel.bridge?.uniqueid ?? ""],
        ]);
        list(performance, "Channels will follow", "CoreShowChannelsComplete", "first", items);
      },
    },
    Status: { needs: ["system", "call", "reporting"], run: (performance) => status(pbx, performance) },
    BridgeList: {
      needs: [],
      run: (performance) => {
        const items = [...exchange.bridges].map((bridge): Line[] => [["Event", "BridgeListItem"], ...bridge.lines()]);
        list(performance, "Bridge listing will follow", "BridgeListComplete", "first", items);
      },
    },
    QueueStatus: { needs: [], run: (performance) => queueStatus(pbx, performance) },
    ExtensionStateList: {
      needs: ["call", "reporting"],
      run: (performance) => {
        const items = [...dialplan.phones.values()].map((phone): Line[] => [
          ["Event", "ExtensionStatus"],
          ...presence.hintLines(phone),
        ]);
        list(performance, "Extension Statuses will follow", "ExtensionStateListComplete", "first", items);
      },
    },
    ParkedCalls: {
      needs: [],
      run: (performance) => {
        const items = dialplan.parking.list().map((lines): Line[] => [["Event", "ParkedCall"], ...lines]);
        list(performance, "Parked calls will follow", "ParkedCallsComplete", "first", items, [["Total", items.length]]);
      },
    },
  };
}

function status(pbx: Pbx, performance: Performance): void {
  const { exchange } = pbx.dialplan;
  const { action, reply } = performance;
  const wanted = action.get("Channel");
  const channels = [...exchange.channels.values()].filter((channel) => wanted === "" || channel.name === wanted);
  if (wanted !== "" && channels.length === 0) {
    reply([
      ["Response", "Error"],
      ["Message", "No such channel"],
    ]);
    return;
  }
  const variables = action
    .get("Variables")
    .split(",")
    .filter((name) => name !== "");
  const items = channels.map((channel): Line[] => [
    ["Event", "Status"],
    ["Privilege", "Call"],
    ...channel.lines(exchange.profile),
    ["Type", channel.isLocal ? "Local" : "PJSIP"],
    ["DNID", ""],
    ["EffectiveConnectedLineNum", channel.connected.number || "<unknown>"],
    ["EffectiveConnectedLineName", channel.connected.name || "<unknown>"],
    ["TimeToHangup", 0],
    ["BridgeID", channel.bridge?.uniqueid ?? ""],
    ["Application", channel.application],
    ["Data", channel.applicationData],
    ["Nativeformats", "(alaw)"],
    ["Readformat", "alaw"],
    ["Readtrans", ""],
    ["Writeformat", "alaw"],
    ["Writetrans", ""],
    ["Callgroup", 0],
    ["Pickupgroup", 0],
    ["Seconds", secondsSince(channel.startedAt)],
    ...variables.map((name): Line => ["Variable", `${name}=${channel.variable(name) ?? "(null)"}`]),
  ]);
  list(performance, "Channel status will follow", "StatusComplete", "last", items, [["Items", channels.length]]);
}

function queueStatus(pbx: Pbx, performance: Performance): void {
  const { queue } = pbx.dialplan;
  const wanted = performance.action.get("Queue");
  const items: Line[][] = [
    [
      ["Event", "QueueParams"],
      ["Queue", queue.name],
      ["Max", 0],
      ["Strategy", "ringall"],
      ["Calls", queue.callers],
      ["Holdtime", 0],
      ["TalkTime", 0],
      ["Completed", queue.completed],
      ["Abandoned", queue.abandoned],
      ["ServiceLevel", 0],
      ["ServicelevelPerf", "0.0"],
      ["ServicelevelPerf2", "0.0"],
      ["Weight", 0],
    ],
    ...queue.members.map((member): Line[] => [["Event", "QueueMember"], ...pbx.presence.memberLines(member, true)]),
  ];
  const asked = wanted === "" || wanted === queue.name ? items : [];
  list(performance, "Queue status will follow", "QueueStatusComplete", "last", asked);
}

/** `first`: the ActionID follows the Event line; `last`: it ends the item (Status and QueueStatus, as recorded in m22). */
function list(
  { action, reply, item }: Performance,
  message: string,
  complete: string,
  place: "first" | "last",
  items: readonly Line[][],
  more: readonly Line[] = [],
): void {
  const id: Line[] = action.get("ActionID") === "" ? [] : [["ActionID", action.get("ActionID")]];
  reply([
    ["Response", "Success"],
    ["EventList", "start"],
    ["Message", message],
  ]);
  for (const [event, ...rest] of items) {
    if (event) item(place === "first" ? [event, ...id, ...rest] : [event, ...rest, ...id]);
  }
  item([["Event", complete], ...id, ["EventList", "Complete"], ["ListItems", items.length], ...more]);
}

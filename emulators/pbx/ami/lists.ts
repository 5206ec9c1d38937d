import type { Channel } from "../exchange/channel.ts";
import type { Line } from "../packet-text.ts";
import type { ActionHandler, Pbx, Performance } from "./actions.ts";

const two = (value: number): string => String(value).padStart(2, "0");

/** `HH:MM:SS` since the channel was born. */
function duration(channel: Channel): string {
  const seconds = Math.floor((Date.now() - channel.startedAt) / 1000);
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
}

/** Actions that answer with a list: a response, one event an item, a closing event with the count. */
export function listActions(pbx: Pbx): Record<string, ActionHandler> {
  const { dialplan, presence } = pbx;
  const { exchange, queue } = dialplan;
  const unknown = (value: string): string => (value === "" ? "<unknown>" : value);
  return {
    CoreShowChannels: {
      needs: ["system", "reporting"],
      run: (performance) =>
        list(
          performance,
          "Channels will follow",
          "CoreShowChannelsComplete",
          "first",
          [...exchange.channels.values()].map((channel): Line[] => [
            ["Event", "CoreShowChannel"],
            ...channel.lines(exchange.profile),
            ["Application", channel.application],
            ["ApplicationData", channel.applicationData],
            ["Duration", duration(channel)],
            ["BridgeId", channel.bridge?.uniqueid ?? ""],
          ]),
        ),
    },
    Status: {
      needs: ["system", "call", "reporting"],
      run: (performance) => {
        const { action, reply } = performance;
        const wanted = action.get("Channel");
        const channels = [...exchange.channels.values()].filter((channel) => wanted === "" || channel.name === wanted);
        if (wanted !== "" && channels.length === 0)
          return reply([
            ["Response", "Error"],
            ["Message", "No such channel"],
          ]);
        const variables = action
          .get("Variables")
          .split(",")
          .filter((name) => name !== "");
        return list(
          performance,
          "Channel status will follow",
          "StatusComplete",
          "last",
          channels.map((channel): Line[] => [
            ["Event", "Status"],
            ["Privilege", "Call"],
            ...channel.lines(exchange.profile),
            ["Type", channel.isLocal ? "Local" : "PJSIP"],
            ["DNID", ""],
            ["EffectiveConnectedLineNum", unknown(channel.connected.number)],
            ["EffectiveConnectedLineName", unknown(channel.connected.name)],
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
            ["Seconds", Math.floor((Date.now() - channel.startedAt) / 1000)],
            ...variables.map((name): Line => ["Variable", `${name}=${channel.variable(name) ?? "(null)"}`]),
          ]),
          [["Items", channels.length]],
        );
      },
    },
    BridgeList: {
      needs: [],
      run: (performance) =>
        list(
          performance,
          "Bridge listing will follow",
          "BridgeListComplete",
          "first",
          [...exchange.bridges].map((bridge): Line[] => [["Event", "BridgeListItem"], ...bridge.lines()]),
        ),
    },
    QueueStatus: {
      needs: [],
      run: (performance) => {
        const wanted = performance.action.get("Queue");
        const { queue: company } = dialplan.company;
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
          ...company.members.flatMap((extension) => {
            const member = queue.members.find((one) => one.extension === extension);
            return member ? [[["Event", "QueueMember"] as const, ...presence.memberLines(member, true)]] : [];
          }),
        ];
        list(
          performance,
          "Queue status will follow",
          "QueueStatusComplete",
          "last",
          wanted === "" || wanted === queue.name ? items : [],
        );
      },
    },
    ExtensionStateList: {
      needs: ["call", "reporting"],
      run: (performance) =>
        list(
          performance,
          "Extension Statuses will follow",
          "ExtensionStateListComplete",
          "first",
          [...dialplan.phones.values()].map((phone): Line[] => [
            ["Event", "ExtensionStatus"],
            ...presence.hintLines(phone),
          ]),
        ),
    },
    ParkedCalls: {
      needs: [],
      run: (performance) =>
        list(
          performance,
          "Parked calls will follow",
          "ParkedCallsComplete",
          "first",
          dialplan.parking.list().map((lines): Line[] => [["Event", "ParkedCall"], ...lines]),
          [["Total", dialplan.parking.list().length]],
        ),
    },
  };
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
  for (const [event, ...rest] of items)
    if (event) item(place === "first" ? [event, ...id, ...rest] : [event, ...rest, ...id]);
  item([["Event", complete], ...id, ["EventList", "Complete"], ["ListItems", items.length], ...more]);
}

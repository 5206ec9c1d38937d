import type { Dialplan } from "../dialplan/dialplan.ts";
import { bridgeTwo } from "../dialplan/joining.ts";
import type { Originates } from "../dialplan/originate.ts";
import type { Tones } from "../dialplan/tones.ts";
import type { Transfers } from "../dialplan/transfer.ts";
import type { EventClass } from "../exchange/announcer.ts";
import { type Channel, NOBODY, type PartyId } from "../exchange/channel.ts";
import type { Line } from "../packet-text.ts";
import type { Presence } from "../presence.ts";
import { functionValue } from "./functions.ts";
import { listActions } from "./lists.ts";

export type Permission = EventClass | "originate" | "command" | "config";

/** An action as it came: the first value of a key, or all of a repeated one. A missing key is an empty string. */
export interface Action {
  get(key: string): string;
  all(key: string): string[];
}

export interface Performance {
  readonly action: Action;
  /** Answers the action; the first line is the Response. */
  readonly reply: (lines: readonly Line[]) => void;
  /** Sends one item of a list. */
  readonly item: (lines: readonly Line[]) => void;
}

export interface ActionHandler {
  /** Write classes of which one is enough; none = everybody may. */
  readonly needs: readonly Permission[];
  /** Message of success, also said by a PBX that only pretends. */
  readonly accepted?: string;
  readonly run: (performance: Performance) => void;
}

export interface ActionTable {
  find(name: string): ActionHandler | undefined;
  names(may: (needs: readonly Permission[]) => boolean): string[];
  needs(name: string): readonly Permission[];
}

export interface Pbx {
  readonly dialplan: Dialplan;
  readonly transfers: Transfers;
  readonly tones: Tones;
  readonly originates: Originates;
  readonly presence: Presence;
}

const error = (message: string): Line[] => [
  ["Response", "Error"],
  ["Message", message],
];
const success = (message: string): Line[] => [
  ["Response", "Success"],
  ["Message", message],
];

/** Every action the emulator obeys, with Asterisk 22's own words of success and refusal. */
export function actionTable(pbx: Pbx): ActionTable {
  const table: Record<string, ActionHandler> = {
    ...plainActions(pbx),
    ...callActions(pbx),
    ...transferActions(pbx),
    ...listActions(pbx),
  };
  const byName = new Map(Object.entries(table).map(([name, handler]) => [name.toLowerCase(), handler]));
  const sessionActions = ["Events", "ListCommands", "Login", "Logoff"];
  return {
    find: (name) => byName.get(name.toLowerCase()),
    names: (may) => [...sessionActions, ...Object.keys(table).filter((name) => may(table[name]?.needs ?? []))].sort(),
    needs: (name) => table[name]?.needs ?? [],
  };
}

function plainActions(pbx: Pbx): Record<string, ActionHandler> {
  const { exchange } = pbx.dialplan;
  const clock = (date: Date): readonly [string, string] => [
    date.toISOString().slice(0, 10),
    date.toISOString().slice(11, 19),
  ];
  return {
    Ping: {
      needs: [],
      run: ({ reply }) =>
        reply([
          ["Response", "Success"],
          ["Ping", "Pong"],
          ["Timestamp", exchange.timestamp()],
        ]),
    },
    CoreSettings: {
      needs: ["system", "reporting"],
      run: ({ reply }) =>
        reply([
          ["Response", "Success"],
          ["AMIversion", "11.0.0"],
          ["AsteriskVersion", exchange.profile.asteriskVersion],
          ["SystemName", exchange.systemName],
          ["CoreMaxCalls", 0],
          ["CoreMaxLoadAvg", "0.000000"],
          ["CoreRunUser", ""],
          ["CoreRunGroup", ""],
          ["CoreMaxFilehandles", 0],
          ["CoreRealTimeEnabled", "No"],
          ["CoreCDRenabled", "Yes"],
          ["CoreHTTPenabled", "Yes"],
          ["SoundsSearchCustomDir", "No"],
        ]),
    },
    CoreStatus: {
      needs: ["system", "reporting"],
      run: ({ reply }) => {
        const [date, time] = clock(exchange.startedAt);
        reply([
          ["Response", "Success"],
          ["CoreStartupDate", date],
          ["CoreStartupTime", time],
          ["CoreReloadDate", date],
          ["CoreReloadTime", time],
          ["CoreCurrentCalls", exchange.channels.size],
          ["CoreProcessedCalls", exchange.processedCalls],
        ]);
      },
    },
    Getvar: {
      needs: ["call", "reporting"],
      run: ({ action, reply }) => {
        const variable = action.get("Variable");
        if (variable === "") return reply(error("No variable specified"));
        const name = action.get("Channel");
        const channel = name === "" ? undefined : exchange.find(name);
        if (name !== "" && !channel) return reply(error("No such channel"));
        const value = functionValue(pbx, channel, variable);
        return reply([
          ["Response", "Success"],
          ["Variable", variable],
          ["Value", value ?? ""],
        ]);
      },
    },
    Setvar: {
      needs: ["call"],
      accepted: "Variable Set",
      run: ({ action, reply }) => {
        const variable = action.get("Variable");
        if (variable === "") return reply(error("No variable specified"));
        const channel = exchange.find(action.get("Channel"));
        if (action.get("Channel") !== "" && !channel) return reply(error("No such channel"));
        if (channel && variable === "CALLERID(name)") {
          exchange.setCallerId(channel, { ...channel.callerId, name: action.get("Value") });
          return reply(success("Variable Set"));
        }
        channel?.set(variable.replace(/^_{1,2}/, ""), action.get("Value"), variable.startsWith("_"));
        return reply(success("Variable Set"));
      },
    },
    UserEvent: {
      needs: ["user"],
      accepted: "Event Sent",
      run: ({ action, reply }) => {
        exchange.emit("UserEvent", "user", [["UserEvent", action.get("UserEvent")]]);
        reply(success("Event Sent"));
      },
    },
  };
}

/** Runs `use` with the channel that the action names under `key`, or answers `missing`. */
function withChannel(
  { exchange }: Dialplan,
  { action, reply }: Performance,
  missing: string,
  use: (channel: Channel) => void,
  key = "Channel",
): void {
  const channel = exchange.find(action.get(key));
  if (channel && !channel.hungUp) use(channel);
  else reply(error(action.get(key) === "" ? `${key} not specified` : missing));
}

function callActions(pbx: Pbx): Record<string, ActionHandler> {
  const { dialplan } = pbx;
  const { exchange } = dialplan;
  return {
    Hangup: {
      needs: ["system", "call"],
      accepted: "Channel Hungup",
      run: (performance) =>
        withChannel(dialplan, performance, "No such channel", (channel) => {
          const cause = Number(performance.action.get("Cause") || 16);
          performance.reply(success("Channel Hungup"));
          exchange.hangup(channel, Number.isInteger(cause) ? cause : 16);
        }),
    },
    Redirect: {
      needs: ["call"],
      accepted: "Redirect successful",
      run: (performance) =>
        withChannel(dialplan, performance, "Channel does not exist", (channel) => {
          const { action, reply } = performance;
          reply(success("Redirect successful"));
          dialplan.redirect(channel, action.get("Context") || channel.context, action.get("Exten"));
        }),
    },
    Park: {
      needs: ["call"],
      accepted: "Park successful",
      run: (performance) =>
        withChannel(dialplan, performance, "Channel does not exist", (channel) => {
          const { action, reply } = performance;
          const space = dialplan.parking.park(channel, Number(action.get("Timeout")) || 45_000);
          reply(space === undefined ? error("Park failure") : success("Park successful"));
        }),
    },
    Bridge: {
      needs: ["call"],
      accepted: "Channels have been bridged",
      run: (performance) =>
        withChannel(
          dialplan,
          performance,
          "Channel1 does not exists",
          (one) =>
            withChannel(
              dialplan,
              performance,
              "Channel2 does not exists",
              (two) => {
                performance.reply(success("Channels have been bridged"));
                bridgeTwo(exchange, one, two);
              },
              "Channel2",
            ),
          "Channel1",
        ),
    },
    PJSIPNotify: {
      needs: ["system"],
      accepted: "NOTIFY sent",
      run: (performance) =>
        withChannel(dialplan, performance, "Channel not found", (channel) => {
          const { action, reply } = performance;
          if (!channel.name.startsWith("PJSIP/")) return reply(error("Channel not found"));
          const event = action.all("Variable").find((variable) => variable.startsWith("Event="));
          reply(success("NOTIFY sent"));
          const phone = [...dialplan.phones.values()].find((each) => each === channel.device);
          phone?.notified(channel, event?.slice("Event=".length) ?? "");
        }),
    },
    Originate: {
      needs: ["originate"],
      accepted: "Originate successfully queued",
      run: (performance) => originate(pbx, performance),
    },
  };
}

function transferActions({ dialplan, transfers, tones }: Pbx): Record<string, ActionHandler> {
  return {
    BlindTransfer: {
      needs: ["call"],
      accepted: "Transfer succeeded",
      run: (performance) =>
        withChannel(dialplan, performance, "Channel specified does not exist", (channel) => {
          const { action, reply } = performance;
          if (!channel.bridge?.otherThan(channel)) return reply(error("Transfer invalid"));
          reply(success("Transfer succeeded"));
          transfers.blind(channel, action.get("Context") || "internal-transfer", action.get("Exten"));
        }),
    },
    Atxfer: {
      needs: ["call"],
      accepted: "Atxfer successfully queued",
      run: (performance) =>
        withChannel(dialplan, performance, "Channel specified does not exist", (channel) => {
          const { action, reply } = performance;
          if (action.get("Exten") === "") return reply(error("No exten specified"));
          reply(success("Atxfer successfully queued"));
          transfers.attended(channel, action.get("Context") || "internal-transfer", action.get("Exten"));
        }),
    },
    PlayDTMF: {
      needs: ["call"],
      accepted: "DTMF successfully queued",
      run: (performance) =>
        withChannel(dialplan, performance, "Channel not found", (channel) => {
          const { action, reply } = performance;
          const digit = action.get("Digit");
          if (digit === "") return reply(error("No digit specified"));
          reply(success("DTMF successfully queued"));
          if (action.get("Receive") === "true") tones.type(channel, digit);
          else tones.play(channel, digit);
        }),
    },
    CancelAtxfer: {
      needs: ["call"],
      accepted: "CancelAtxfer successfully queued",
      run: (performance) =>
        withChannel(dialplan, performance, "Channel specified does not exist", (channel) => {
          performance.reply(success("CancelAtxfer successfully queued"));
          transfers.cancel(channel);
        }),
    },
  };
}

/** Why an Originate is refused at once; undefined when it may start. */
function originateRefusal(pbx: Pbx, action: Action): string | undefined {
  if (action.get("Channel") === "") return "Channel not specified";
  if (!/^(Local\/.+@|PJSIP\/).+/.test(action.get("Channel"))) return "Invalid channel";
  const goal = action.get("Application") !== "" || (action.get("Context") !== "" && action.get("Exten") !== "");
  if (!goal) return "Originate with 'Exten' requires 'Context' and 'Priority'";
  // An id in use makes a real Originate fail too.
  const taken = [action.get("ChannelId"), action.get("OtherChannelId")].some((id) =>
    pbx.dialplan.exchange.channels.has(id),
  );
  return taken ? "Originate failed" : undefined;
}

function originate(pbx: Pbx, { action, reply }: Performance): void {
  const refusal = originateRefusal(pbx, action);
  if (refusal !== undefined) {
    reply(error(refusal));
    return;
  }
  reply(success("Originate successfully queued"));
  void pbx.originates.start({
    actionId: action.get("ActionID") || undefined,
    channel: action.get("Channel"),
    context: action.get("Context"),
    exten: action.get("Exten"),
    application: action.get("Application"),
    data: action.get("Data"),
    timeout: Number(action.get("Timeout")) || 30_000,
    callerId: partyOf(action.get("CallerID")),
    variables: action
      .all("Variable")
      .flatMap((line) => line.split(/,(?![^(]*\))/)) // a comma within a function's brackets is the function's
      .flatMap((pair) => {
        const equals = pair.indexOf("=");
        return equals > 0 ? [[pair.slice(0, equals), pair.slice(equals + 1).replaceAll(/\\(.)/g, "$1")] as const] : [];
      }),
    uniqueids: [action.get("ChannelId") || undefined, action.get("OtherChannelId") || undefined],
  });
}

/** `Name <number>`, `"Name" <number>` or a bare number. */
function partyOf(callerId: string): PartyId {
  if (callerId === "") return NOBODY;
  const match = /^\s*"?([^"<]*?)"?\s*<([^>]*)>\s*$/.exec(callerId);
  return match ? { name: match[1] ?? "", number: match[2] ?? "" } : { name: "", number: callerId.trim() };
}

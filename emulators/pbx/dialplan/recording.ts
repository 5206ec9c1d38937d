import type { Channel } from "../exchange/channel.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Recorder } from "../recorder.ts";

/** When the dialplan has what recorded, and what it tells of that. */
export class Recording {
  readonly #exchange: Exchange;
  readonly #recorder: Recorder;

  constructor(exchange: Exchange, recorder: Recorder) {
    this.#exchange = exchange;
    this.#recorder = recorder;
  }

  /** What runs on a leg between its answer and DialEnd: MikoPBX starts the recording there. */
  async onAnswer(caller: Channel, leg: Channel): Promise<void> {
    this.#exchange.find(caller.variables.get("FROM_CHAN") ?? "")?.set("M_DIALSTATUS", "ANSWER");
    // The dialplan does not record a leg that a Local took over by pickup (m18b).
    if (this.#exchange.profile.records !== "answered-leg" || leg.isLocal) return;
    await this.#pause(this.#exchange.delay("answer"));
    if (leg.hungUp) return;
    const suffix = Array.from({ length: 6 }, () => Math.floor(Math.random() * 36).toString(36)).join("");
    const { context, exten } = leg;
    leg.at(`${caller.variables.get("ISTRANSFER") ?? ""}dial_answer`, "s");
    this.ofLeg(leg, `${caller.uniqueid}_${suffix}`);
    await this.#pause(this.#exchange.delay("answer") / 3);
    leg.at(context, exten);
  }

  /** Starts MikoPBX's recording of an answered leg; the event already names the file that a worker makes of the wav later. */
  ofLeg(leg: Channel, basename: string): void {
    const path = this.#recorder.path(basename);
    this.#recorder.start(leg, path, false);
    leg.set("pt1c_UNIQUEID", basename);
    this.#exchange.tell("MixMonitorStart", leg);
    this.#exchange.tell(
      "UserEvent",
      leg,
      [
        ["UserEvent", "StartRecording"],
        ["recordingfile", `${path}.webm`],
        ["recchan", leg.name],
      ],
      "user",
    );
  }

  /** Plain Asterisk: one file a call, on the outer channel, while it is bridged. */
  ofCall(channel: Channel): void {
    const path = this.#recorder.path(channel.uniqueid);
    this.#recorder.start(channel, path, true);
    channel.set("CDR(recordingfile)", `${path}.wav`);
    const { context, exten, priority } = channel;
    channel.at("record", "s", 4);
    this.#exchange.tell("MixMonitorStart", channel);
    channel.at(context, exten, priority);
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#exchange.later(milliseconds, resolve));
  }
}

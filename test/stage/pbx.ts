/**
 * A company's phones as an end-to-end test handles them, whether they hang on a real Asterisk or on the PBX emulator:
 * the same story is told on both.
 */
export interface TestPbx extends AsyncDisposable {
  readonly profile: "asterisk" | "mikopbx";
  readonly ami: { readonly host: string; readonly port: number; readonly username: string; readonly secret: string };
  readonly recordingsDirectory: string;
  /** A registered desk phone; the same one each time it is asked for. */
  phone(extension: string): Promise<TestPhone>;
  /** A client calls one of the company's lines. `from` is null when the number is withheld. */
  clientCalls(call: { readonly from: string | null; readonly did: string }): Promise<TestCall>;
  /** The next call that the company makes to this client; it rings at the client. @throws after ten seconds */
  waitAtClient(number: string): Promise<TestCall>;
  /** What this number outside answers when the company calls it: a SIP code, at once; null: it rings, as all do at first. */
  outsideRefuses(number: string, code: number | null): void;
  /** Channels that the PBX holds now. */
  channels(): Promise<number>;
  /** Everybody hangs up; resolves when nobody is on the phone. */
  hangUpAll(): Promise<void>;
}

export interface TestPhone {
  readonly extension: string;
  /** The next call that rings here. @throws after ten seconds */
  waitCall(): Promise<TestCall>;
  dial(number: string): Promise<TestCall>;
  /** From now on the phone does what call control asks of it (hold, talk), or not; at first it does not. */
  obeyCallControl(on: boolean): void;
  /** From now on the phone picks up by itself when the caller asks for it, or not; at first it does not. */
  obeyAutoAnswer(on: boolean): void;
  /** A busy phone answers 486 and does not ring. */
  setBusy(on: boolean): void;
  setRegistered(on: boolean): Promise<void>;
  /** How many calls this phone has now. */
  readonly lines: number;
}

/** One end of a call, as the person with this receiver lives it. */
export interface TestCall {
  /** The number that the display shows. */
  readonly shownNumber: string;
  /** The name that the display shows. */
  readonly shownName: string;
  readonly isRinging: boolean;
  answer(): Promise<void>;
  /** 486: the button that most phones have; 603: declined for good. */
  refuse(code?: 486 | 603): Promise<void>;
  hangUp(): Promise<void>;
  /** Presses hold. */
  hold(): Promise<void>;
  /** @throws when it ends instead, or after ten seconds */
  untilTalking(): Promise<void>;
  untilEnded(): Promise<void>;
  /** Tones that were heard here. */
  readonly digits: string;
  /** Resolves when this receiver carries the other one's sound. @throws after ten seconds */
  untilHears(other: TestCall): Promise<void>;
  /** Resolves when nothing of the other one is heard here any more. @throws after ten seconds */
  untilHearsNot(other: TestCall): Promise<void>;
}

/** What differs from one kind of PBX to another, as data. Facts: `facts/mikopbx` of the project's protocol notes. */

export interface PbxProfile {
  readonly name: string;
  /**
   * Finds the extension (first group) in an endpoint's name, which is what stands between the technology and the
   * last dash of a channel's name. Endpoints that do not match are trunks.
   */
  readonly endpointToExtension: RegExp;
  /**
   * Last ten digits of employees' mobiles, each with its employee's extension: the settings fill it in. Such a leg is his
   * when it was we who had it rung for him.
   */
  readonly mobiles?: ReadonlyMap<string, string>;
  /** Context that a call is sent to when it is handed over. */
  readonly transferContext: RegExp;
  /** Context of the hints that tell the state of extensions; a hint of another context is not an employee's. */
  readonly hintsContext: RegExp;
  /** Extension that is the voicemail; null: it is none, and only a user who may read the dialplan class hears of it. */
  readonly voicemailExtension: RegExp | null;
  readonly recording: {
    /** Folder of the sound files on the PBX. */
    readonly directory: string;
    /**
     * Names below it that the file may have whatever it was told to be, best first: `{dir}` and `{name}` are of the told
     * path, without its extension; `{year}` `{month}` `{day}` `{hour}` of the recording's begin.
     */
    readonly patterns: readonly string[];
  };
}

export const profiles = {
  mikopbx: {
    name: "mikopbx",
    // A person's browser phone is a second endpoint: 201-WS.
    endpointToExtension: /^(\d{2,5})(?:-WS)?$/,
    transferContext: /^internal-transfer$/,
    hintsContext: /^internal-hints$/,
    voicemailExtension: /^voicemail$/,
    recording: {
      directory: "/storage/usbdisk1/mikopbx/astspool/monitor",
      // Told as .webm (2024: .mp3) while the file is .wav, until it is converted; half of it may be there meanwhile.
      patterns: ["{dir}/{name}.wav", "{dir}/{name}.mp3", "{dir}/{name}.webm"],
    },
  },
  freepbx: {
    name: "freepbx",
    endpointToExtension: /^(\d{2,5})(?:-WS)?$/,
    transferContext: /^from-internal-xfer$/,
    hintsContext: /^(ext-local|from-internal.*)$/,
    voicemailExtension: null,
    recording: {
      directory: "/var/spool/asterisk/monitor",
      // FreePBX tells the bare name of a file that lies in a folder of its day.
      patterns: [
        "{dir}/{name}.wav",
        "{year}/{month}/{day}/{name}.wav",
        "{dir}/{name}.mp3",
        "{year}/{month}/{day}/{name}.mp3",
        "{dir}/{name}.WAV",
        "{year}/{month}/{day}/{name}.WAV",
      ],
    },
  },
  asterisk: {
    name: "asterisk",
    endpointToExtension: /^(\d{2,5})(?:-WS)?$/,
    transferContext: /transfer|xfer/,
    hintsContext: /./,
    voicemailExtension: null,
    recording: {
      directory: "/var/spool/asterisk/monitor",
      patterns: ["{dir}/{name}.wav", "{dir}/{name}.mp3", "{dir}/{name}.WAV"],
    },
  },
} as const satisfies Record<string, PbxProfile>;

export type ProfileName = keyof typeof profiles;

/** What differs from one kind of PBX to another, as data. Facts: `facts/mikopbx` of the project's protocol notes. */

export interface PbxProfile {
  readonly name: string;
  /**
   * Finds the extension (first group) in an endpoint's name, which is what stands between the technology and the
   * last dash of a channel's name. Endpoints that do not match are trunks.
   */
  readonly endpointToExtension: RegExp;
  /** Context that a call is sent to when it is handed over. */
  readonly transferContext: RegExp;
  /** Context of the hints that tell the state of extensions; a hint of another context is not an employee's. */
  readonly hintsContext: RegExp;
  readonly recording: {
    /** Folder of the sound files on the PBX. */
    readonly directory: string;
    /** Extensions (without the dot) that the file may have whatever it was told to be, best first. */
    readonly extensions: readonly string[];
  };
}

export const profiles = {
  mikopbx: {
    name: "mikopbx",
    // A person's browser phone is a second endpoint: 201-WS.
    endpointToExtension: /^(\d{2,5})(?:-WS)?$/,
    transferContext: /^internal-transfer$/,
    hintsContext: /^internal-hints$/,
    recording: {
      directory: "/storage/usbdisk1/mikopbx/astspool/monitor",
      // Told as .webm (2024: .mp3) while the file is .wav until it is converted.
      extensions: ["webm", "mp3", "wav"],
    },
  },
  freepbx: {
    name: "freepbx",
    endpointToExtension: /^(\d{2,5})(?:-WS)?$/,
    transferContext: /^from-internal-xfer$/,
    hintsContext: /^(ext-local|from-internal.*)$/,
    recording: { directory: "/var/spool/asterisk/monitor", extensions: ["wav", "mp3", "WAV"] },
  },
  asterisk: {
    name: "asterisk",
    endpointToExtension: /^(\d{2,5})(?:-WS)?$/,
    transferContext: /transfer|xfer/,
    hintsContext: /./,
    recording: { directory: "/var/spool/asterisk/monitor", extensions: ["wav", "mp3", "WAV"] },
  },
} as const satisfies Record<string, PbxProfile>;

export type ProfileName = keyof typeof profiles;

import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { AmiError } from "./ami-error.ts";

/** Where a PBX's manager listens. */
export interface AmiEndpoint {
  readonly host: string;
  /** 5038 by default on every PBX, 5039 for TLS where it is set up. */
  readonly port: number;
  /** Absent: plain TCP, all that MikoPBX offers; then only a private network or a tunnel keeps the secret. */
  readonly tls?: AmiTls | undefined;
}

/** Whom to trust. PBXs come with self-signed certificates, so one of them can be named; trusting just anybody cannot. */
export interface AmiTls {
  /** PEM of the authority (or of the self-signed certificate itself). Absent: the system's authorities. */
  readonly ca?: string | undefined;
  /** SHA-256 of the PBX's certificate, "AB:CD:…". Given, it alone decides, and the name in the certificate does not matter. */
  readonly fingerprint256?: string | undefined;
}

/** Opens the socket. @throws AmiError `ami/unreachable`, `ami/certificate-refused` or `ami/not-an-ami` */
export async function connectSocket(endpoint: AmiEndpoint, deadlineMs: number, signal: AbortSignal): Promise<Socket> {
  const { host, port, tls } = endpoint;
  const socket = tls === undefined ? connectTcp({ host, port }) : connectTls(toTlsOptions(endpoint, tls));
  socket.setNoDelay(true);
  const timer = setTimeout(() => socket.destroy(new Error("no answer in time")), deadlineMs);
  const abort = () => socket.destroy(new Error("given up by us"));
  signal.addEventListener("abort", abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(tls === undefined ? "connect" : "secureConnect", resolve);
      socket.once("error", reject);
      // an abort before the listener was set leaves no error to hear
      if (signal.aborted) reject(signal.reason);
    });
  } catch (error) {
    socket.destroy();
    throw toConnectError(endpoint, error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
  if (tls?.fingerprint256 !== undefined) checkFingerprint(socket as TLSSocket, tls.fingerprint256, endpoint);
  return socket;
}

function toTlsOptions({ host, port }: AmiEndpoint, tls: AmiTls) {
  return {
    host,
    port,
    // a certificate is asked for by name only: TLS forbids an address there
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    // with a fingerprint the check is ours, below
    rejectUnauthorized: tls.fingerprint256 === undefined,
  };
}

function checkFingerprint(socket: TLSSocket, wanted: string, { host, port }: AmiEndpoint): void {
  const shown = socket.getPeerCertificate().fingerprint256;
  if (shown?.toUpperCase() === wanted.toUpperCase()) return;
  socket.destroy();
  throw new AmiError("ami/certificate-refused", { host, port, shown: shown ?? "none" });
}

function toConnectError({ host, port }: AmiEndpoint, error: unknown): AmiError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const context = { host, port, reason: code || (error instanceof Error ? error.message : String(error)) };
  if (/CERT|UNABLE_TO/.test(code)) return new AmiError("ami/certificate-refused", context, error);
  // TLS spoken to a plain port
  if (code === "EPROTO" || code.startsWith("ERR_SSL")) return new AmiError("ami/not-an-ami", context, error);
  return new AmiError("ami/unreachable", context, error);
}

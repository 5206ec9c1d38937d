/**
 * Connections to one server that the settings name: over a certificate that is checked or pinned, and never to where only
 * a machine itself, or its cloud, should be asked.
 */

import { type LookupAddress, type LookupAllOptions, lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import type { TLSSocket } from "node:tls";
import { buildConnector, Pool } from "undici";

export interface Peer {
  /** "https://pbx.example.org"; a path is left aside. */
  readonly url: string;
  /** PEM of the authority, or of the server's own certificate. */
  readonly ca: string | undefined;
  /** SHA-256 of the server's certificate, "AB:CD:…". Given, it alone decides. */
  readonly fingerprint256: string | undefined;
}

export interface PeerLimits {
  readonly connections: number;
  readonly connectMs: number;
  /** For the head of an answer, and between two pieces of its body. */
  readonly answerMs: number;
  /** Bytes of a body; absent: whoever reads it counts. */
  readonly largestAnswer?: number;
}

/** The server has shown another certificate than the pinned one. */
export class UntrustedPeer extends Error {
  override readonly name = "UntrustedPeer";
}

/** The server's address is one that no PBX has. */
export class ForbiddenAddress extends Error {
  override readonly name = "ForbiddenAddress";
}

/** Where clouds keep their metadata: link-local addresses, and one cloud's own; "this network"; multicast. */
const FORBIDDEN = new BlockList();
FORBIDDEN.addSubnet("0.0.0.0", 8);
FORBIDDEN.addSubnet("169.254.0.0", 16);
FORBIDDEN.addAddress("100.100.100.200");
FORBIDDEN.addSubnet("224.0.0.0", 4);
FORBIDDEN.addAddress("::", "ipv6");
FORBIDDEN.addSubnet("fe80::", 10, "ipv6");
FORBIDDEN.addSubnet("fd00:ec2::", 32, "ipv6");
FORBIDDEN.addSubnet("ff00::", 8, "ipv6");

export function isForbiddenAddress(address: string): boolean {
  return FORBIDDEN.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** Of a name, all its addresses: the machine's own resolver, or a test's. */
export type Resolver = (
  hostname: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** @throws ForbiddenAddress when the URL names such an address itself; what a name resolves to is checked at each connection */
export function openPool(peer: Peer, limits: PeerLimits, resolve: Resolver = lookup): Pool {
  const { connections, connectMs, answerMs, largestAnswer } = limits;
  const { origin, hostname } = new URL(peer.url);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && isForbiddenAddress(host)) throw new ForbiddenAddress(`${host} is no address of a server`);
  return new Pool(origin, {
    connections,
    connect: pinned(peer, isIP(host) === 0 ? host : null, connectMs, permitted(resolve)),
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
    ...(largestAnswer !== undefined && { maxResponseSize: largestAnswer }),
  });
}

function pinned(
  { ca, fingerprint256 }: Peer,
  name: string | null,
  timeout: number,
  lookup: LookupFunction,
): buildConnector.connector {
  const connect = buildConnector({
    timeout,
    lookup,
    ...(ca !== undefined && { ca }),
    // A certificate is asked for by name only: TLS forbids an address there.
    ...(name !== null && { servername: name }),
    // With a fingerprint the check is ours, below.
    rejectUnauthorized: fingerprint256 === undefined,
  });
  if (fingerprint256 === undefined) return connect;
  return (options, done) =>
    connect(options, (error, socket) => {
      if (error !== null) return done(error, null);
      const shown = (socket as TLSSocket).getPeerCertificate?.().fingerprint256;
      if (shown?.toUpperCase() === fingerprint256.toUpperCase()) return done(null, socket);
      socket.destroy();
      return done(new UntrustedPeer(`its fingerprint is ${shown ?? "none"}`), null);
    });
}

/** The name is resolved once for the check and the connection: nothing can change in between. */
const permitted =
  (resolve: Resolver): LookupFunction =>
  (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, "");
      const [first, ...others] = addresses.filter(({ address }) => !isForbiddenAddress(address));
      if (first === undefined) return done(new ForbiddenAddress(`${hostname} leads to no address of a server`), "");
      return options.all === true ? done(null, [first, ...others]) : done(null, first.address, first.family);
    });
  };

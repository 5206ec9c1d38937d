import { createHash, randomBytes } from "node:crypto";

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** The answer to a `WWW-Authenticate` or `Proxy-Authenticate` challenge (RFC 2617; MD5 is what Asterisk asks for by default). */
export function digestAnswer(challenge: string, method: string, uri: string, credentials: Credentials): string {
  const asked = new Map(
    [...challenge.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map((m) => [m[1]?.toLowerCase(), m[2] ?? m[3] ?? ""]),
  );
  const { user, password } = credentials;
  const realm = asked.get("realm") ?? "";
  const nonce = asked.get("nonce") ?? "";
  const secret = md5(`${user}:${realm}:${password}`);
  const request = md5(`${method}:${uri}`);
  const parts = [`username="${user}"`, `realm="${realm}"`, `nonce="${nonce}"`, `uri="${uri}"`, "algorithm=MD5"];
  if (asked.has("qop")) {
    const cnonce = randomBytes(6).toString("hex");
    const response = md5(`${secret}:${nonce}:00000001:${cnonce}:auth:${request}`);
    parts.push("qop=auth", "nc=00000001", `cnonce="${cnonce}"`, `response="${response}"`);
  } else {
    parts.push(`response="${md5(`${secret}:${nonce}:${request}`)}"`);
  }
  const opaque = asked.get("opaque");
  if (opaque) parts.push(`opaque="${opaque}"`);
  return `Digest ${parts.join(", ")}`;
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

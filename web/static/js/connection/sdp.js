// What signalling reads from and puts into descriptions of a connection. Text in, text out.

/**
 * `Link: <turn:host>; rel="ice-server"; username="…"; credential="…"` (RFC 9725 section 4.6).
 * @param {string|null} link
 * @returns {RTCIceServer[]}
 */
export function readIceServers(link) {
  /** @type {RTCIceServer[]} */
  const servers = [];
  for (const [, urls = "", rest = ""] of (link ?? "").matchAll(/<([^>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^",;\s]*))*)/g)) {
    /** @type {Record<string, string>} */
    const values = {};
    for (const [, name = "", quoted, bare = ""] of rest.matchAll(/;\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",;\s]*))/g)) {
      values[name.toLowerCase()] = (quoted ?? bare).replace(/\\(.)/g, "$1");
    }
    if (values.rel !== "ice-server") continue;
    servers.push(values.username ? { urls, username: values.username, credential: values.credential } : { urls });
  }
  return servers;
}

/**
 * The ICE part of an offer (RFC 8840).
 * @param {string} sdp
 */
export function fragment(sdp) {
  const lines = sdp.split(/\r?\n/);
  const first = (/** @type {string} */ start) => lines.filter((line) => line.startsWith(start)).slice(0, 1);
  const part = [...first("a=ice-ufrag:"), ...first("a=ice-pwd:"), ...first("m="), ...first("a=mid:")];
  return part.join("\r\n") + "\r\n";
}

/**
 * An answer with the credentials and candidates of a restart put in.
 * @param {string} answer
 * @param {string} part
 */
export function withCredentials(answer, part) {
  const lines = part.split(/\r?\n/);
  const value = (/** @type {string} */ start) => lines.find((line) => line.startsWith(start));
  const user = value("a=ice-ufrag:");
  const secret = value("a=ice-pwd:");
  if (!user || !secret) throw new Error("a restart without credentials");
  const candidates = lines.filter((line) => line.startsWith("a=candidate:"));
  const result = [];
  for (const line of answer.split("\r\n")) {
    // Those by TCP are as they were: a restart does not name them.
    if (/^a=candidate:\S+ \d+ (?!tcp )/i.test(line) && candidates.length) continue;
    if (line.startsWith("a=ice-ufrag:")) result.push(user);
    else if (line.startsWith("a=ice-pwd:")) result.push(secret, ...candidates);
    else result.push(line);
  }
  return result.join("\r\n");
}

/**
 * An offer that takes part in asking again for lost sound (RFC 4585): browsers can, and do not offer it by themselves.
 * @param {string} sdp
 */
export function askingAgain(sdp) {
  return sdp
    .split(/(?=^m=)/m)
    .map((section) => {
      const opus = /^a=rtpmap:(\d+) opus\/48000/im.exec(section);
      if (!section.startsWith("m=audio") || !opus || section.includes(`a=rtcp-fb:${opus[1]} nack\r\n`)) return section;
      return section.replace(/^a=rtpmap:\d+ opus\/48000.*\r\n/im, (line) => `${line}a=rtcp-fb:${opus[1]} nack\r\n`);
    })
    .join("");
}

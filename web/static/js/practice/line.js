// How the line is there and back, by the browser's own figures: pure, drawn by view.js.

/** @typedef {import("../media/wayout.js").Quality} Quality */
/** @typedef {"high"|"medium"|"low"|"slides"|"sound"|undefined} Received what the server sends back at present */
/** Counted since the session began. @typedef {{packets: number, lost: number}} Back */

/**
 * `roundTrip` in seconds; `lostOut`, `lostBack`: shares of late; `height`: lines of the picture that came back, 0: none.
 * @typedef {{out: Quality|null, received: Received, height: number, roundTrip: number, lostOut: number, lostBack: number}} Line
 */

/** @type {Line} */
export const NO_LINE = { out: null, received: undefined, height: 0, roundTrip: 0, lostOut: 0, lostBack: 0 };

/** @param {Iterable<any>} report entries of an RTCStatsReport @returns {Back} */
export function backSoFar(report) {
  const found = { packets: 0, lost: 0 };
  for (const entry of report) {
    if (entry.type !== "inbound-rtp") continue;
    found.packets += entry.packetsReceived ?? 0;
    found.lost += Math.max(0, entry.packetsLost ?? 0);
  }
  return found;
}

/**
 * The share of what went since the report before that was lost on its way. A new session counts from nothing.
 * @param {number} before lost by then
 * @param {number} now lost by now
 * @param {number} packets that went since
 */
export function share(before, now, packets) {
  return packets > 0 && now > before ? Math.min(1, (now - before) / packets) : 0;
}

/** The worse of both ways, as a word; null while nothing is known. @param {Line} line @returns {Quality|null} */
export function lineWord({ out, received, height, lostBack }) {
  if (out === null) return null;
  if (out === "poor" || lostBack > 0.1) return "poor";
  if (height > 0 && (received === "low" || received === "slides" || received === "sound")) return "poor";
  if (out === "fair" || lostBack > 0.03 || (height > 0 && received === "medium")) return "fair";
  return "good";
}

// How good the way from a publisher to the relay is, by the browser's own figures. Changes nothing.

/** @typedef {"good"|"fair"|"poor"} Quality */
/**
 * Counted since the session began; `roundTrip` in seconds, `room` in bits per second, `heard`: the relay has reported.
 * `octets`: all that went, of whatever kind.
 * @typedef {{frames: number, sent: number, octets: number, lost: number, heard: boolean, roundTrip: number, limited: boolean, room: number}} Sent
 */

/** @type {Sent} */
export const NOTHING_SENT = { frames: 0, sent: 0, octets: 0, lost: 0, heard: false, roundTrip: 0, limited: false, room: Infinity };

/** @param {Iterable<any>} report entries of an RTCStatsReport @returns {Sent} */
export function sentSoFar(report) {
  const found = { ...NOTHING_SENT };
  for (const entry of report) {
    if (entry.type === "outbound-rtp") {
      found.frames += entry.framesEncoded ?? 0;
      found.sent += entry.packetsSent ?? 0;
      found.limited ||= entry.qualityLimitationReason === "bandwidth";
    } else if (entry.type === "remote-inbound-rtp") {
      found.heard = true;
      found.lost += Math.max(0, entry.packetsLost ?? 0);
      found.roundTrip = Math.max(found.roundTrip, entry.roundTripTime ?? 0);
    } else if (entry.type === "candidate-pair" && entry.nominated) {
      found.octets += entry.bytesSent ?? 0;
      found.room = Math.min(found.room, entry.availableOutgoingBitrate ?? Infinity);
      found.roundTrip = Math.max(found.roundTrip, entry.currentRoundTripTime ?? 0);
    }
  }
  return found;
}

/** By what was lost since the report before, and by how things are now. @param {Sent} before @param {Sent} now @returns {Quality} */
export function wayOut(before, now) {
  const packets = Math.max(1, now.sent - before.sent);
  const share = now.heard ? Math.max(0, now.lost - before.lost) / packets : 0;
  if (share > 0.1 || now.roundTrip > 0.8 || now.room < 250_000) return "poor";
  if (share > 0.03 || now.roundTrip > 0.35 || (now.limited && now.room < 800_000)) return "fair";
  return "good";
}

// What a line check found, of the browser's own figures: pure. What they mean the server says (rooms/lines/verdict.py).

/** @typedef {"udp"|"tcp"|"turn-udp"|"turn-tcp"} Way */
/**
 * As `Figures` of rooms/lines/verdict.py: rates in bits a second, times in ms, shares of 1.
 * @typedef {{way: Way|null, estimate: number|null, carried: number, round_trip: number, spread: number, lost: number, network: string}} Figures
 */
/** Counted since the session began. @typedef {{at: number, octets: number, sent: number, lost: number, room: number, trips: number[], way: Way|null}} Sample */

/** An estimate begins low, and what it tries at first fills queues, ms. */
const EARLY = 4_000;
/** The estimate is the median of the last so many. */
const LATE = 5;
/** Round trips that are longer than this share of all are outliers. */
const MOST_TRIPS = 0.9;
const NETWORKS = ["ethernet", "wifi", "cellular"];

/**
 * @param {Iterable<any>} report entries of an RTCStatsReport
 * @param {number} at ms
 * @returns {Sample}
 */
export function sampleOf(report, at) {
  const entries = [...report];
  /** @type {Sample} */
  const found = { at, octets: 0, sent: 0, lost: 0, room: NaN, trips: [], way: null };
  for (const entry of entries) {
    if (entry.type === "outbound-rtp") found.sent += entry.packetsSent ?? 0;
    else if (entry.type === "remote-inbound-rtp") {
      found.lost += Math.max(0, entry.packetsLost ?? 0);
      if (entry.roundTripTime > 0) found.trips.push(entry.roundTripTime * 1000);
    } else if (entry.type === "candidate-pair" && entry.nominated && entry.state === "succeeded") {
      found.octets += entry.bytesSent ?? 0;
      found.room = entry.availableOutgoingBitrate ?? NaN;
      if (entry.currentRoundTripTime > 0) found.trips.push(entry.currentRoundTripTime * 1000);
      found.way = wayOf(entries.find(({ id }) => id === entry.localCandidateId));
    }
  }
  return found;
}

/** @param {any} candidate the local one @returns {Way} */
function wayOf(candidate) {
  if (candidate?.candidateType === "relay") return candidate.relayProtocol && candidate.relayProtocol !== "udp" ? "turn-tcp" : "turn-udp";
  return candidate?.protocol === "tcp" ? "tcp" : "udp";
}

/**
 * @param {readonly Sample[]} samples one a second, the first when media began to flow
 * @param {string|undefined} network what the browser calls it
 * @returns {Figures}
 */
export function figuresOf(samples, network) {
  const begun = samples[0]?.at ?? 0;
  const settled = samples.filter(({ at }) => at - begun >= EARLY);
  const judged = settled.length > 1 ? settled : samples;
  const first = judged[0];
  const last = judged.at(-1);
  const trips = judged.flatMap((sample) => sample.trips).sort((a, b) => a - b);
  const lost = share((last?.lost ?? 0) - (first?.lost ?? 0), (last?.sent ?? 0) - (first?.sent ?? 0));
  const spent = (last?.at ?? 0) - (first?.at ?? 0);
  const sent = spent > 0 ? (Math.max(0, (last?.octets ?? 0) - (first?.octets ?? 0)) * 8_000) / spent : 0;
  const rooms = judged.slice(-LATE).map(({ room }) => room).filter(Number.isFinite).sort((a, b) => a - b);
  const shortest = trips[0] ?? 0;
  return {
    way: samples.map((sample) => sample.way).filter(Boolean).at(-1) ?? null,
    estimate: rooms.length ? Math.round(middle(rooms)) : null,
    carried: Math.round(sent * (1 - lost)),
    round_trip: Math.round(middle(trips)),
    spread: Math.round((trips[Math.floor(trips.length * MOST_TRIPS) - 1] ?? shortest) - shortest),
    lost,
    network: network && NETWORKS.includes(network) ? network : "unknown",
  };
}

/** The server answered, and nothing came through. @param {string|undefined} network @returns {Figures} */
export function unreached(network) {
  return { ...figuresOf([], network), way: null };
}

/** @param {number} part @param {number} whole */
function share(part, whole) {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
}

/** @param {readonly number[]} sorted */
function middle(sorted) {
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

// The podium of all fields together, on the pages that show a field's.

/** @typedef {import("../live/protocol.js").CeremonyView} CeremonyView */
/** @typedef {import("../live/protocol.js").OverallView} OverallView */

/** As a podium draws it: before two people have signed it, it is sealed. @param {OverallView} overall @returns {CeremonyView} */
export function asCeremony({ state, announced, remaining }) {
  const known = state === "confirmed" || state === "revealing" || state === "revealed";
  return { section: "ceremony", state: known ? state : "sealed", announced, remaining, after: 0, amended: false };
}

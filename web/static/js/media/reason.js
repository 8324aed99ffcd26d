// Why a picture that is on is not seen: asked of the server, or known by what comes and is not decoded; and in words.

import { t } from "../lib/i18n.js";

/** @typedef {"main"|"slides"} Lane */
/** Troubles are those of roadshow/rooms/relay/diagnosis/. @typedef {{trouble: string, codec: string}} Missing */
/** @typedef {{source: string, shown: boolean, frozen: boolean}} Pane */

/** A picture is not seen for this long: ask why, ms. */
const DARK_FOR = 3_000;
/** The wait before asking again; it doubles, for all of the audience may miss the picture at once. */
const ASK_AFTER = 4_000;
const ASK_AT_MOST = 24_000;
/** What stands for a camera that is off is no picture that could be missing. */
const CARD = "/card";

export class Reason {
  /** Since when, and how much had come then. @type {Map<Lane, {since: number, bytes: number}>} */ #dark = new Map();
  /** @type {Map<Lane, Missing>} */ #why = new Map();
  #askAt = 0;
  #patience = ASK_AFTER;

  /** What the server or the browser says; the main picture's first. @returns {Missing|null} */
  get missing() {
    return this.#why.get("main") ?? this.#why.get("slides") ?? null;
  }

  /** For a person; empty: nothing is known that would help. */
  get text() {
    return this.missing ? reasonText(this.missing) : "";
  }

  /**
   * Once in a while: what is seen, and what came of it.
   * @param {import("./whep.js").Viewer|null} viewer
   * @param {Record<Lane, Pane>} panes
   * @param {import("./missing.js").Missing} without left out on purpose
   */
  watch(viewer, panes, without) {
    const now = performance.now();
    const live = viewer?.state === "live";
    for (const lane of /** @type {Lane[]} */ (["main", "slides"])) {
      const { source, shown, frozen } = panes[lane];
      const out = without === "all" || (without === "main" && lane === "main");
      this.look(lane, live && source !== "" && !source.endsWith(CARD) && !out && (!shown || frozen), viewer?.lanes.get(lane)?.bytes ?? 0, now);
    }
    if (!viewer || !this.asks(now, Math.random())) return;
    void viewer.told().then((told) => this.answered(told?.missing, (lane) => viewer.lanes.get(lane)?.bytes ?? 0));
  }

  /** @param {Lane} lane @param {boolean} dark it is on, and not seen @param {number} bytes that came of it @param {number} now */
  look(lane, dark, bytes, now) {
    if (dark) {
      if (!this.#dark.has(lane)) this.#dark.set(lane, { since: now, bytes });
      return;
    }
    this.#dark.delete(lane);
    this.#why.delete(lane);
    if (this.#dark.size) return;
    this.#askAt = 0;
    this.#patience = ASK_AFTER;
  }

  /** Whether it is time to ask; if so, the next time is later. @param {number} now @param {number} chance 0–1, by which viewers differ */
  asks(now, chance) {
    if (now < this.#askAt || ![...this.#dark.values()].some(({ since }) => now - since >= DARK_FOR)) return false;
    this.#askAt = now + this.#patience * (1 + chance / 4);
    this.#patience = Math.min(ASK_AT_MOST, 2 * this.#patience);
    return true;
  }

  /** @param {Partial<Record<string, Missing>>|undefined} missing undefined: the server did not say @param {(lane: Lane) => number} bytes */
  answered(missing, bytes) {
    for (const [lane, then] of this.#dark) {
      const known = missing?.[lane];
      if (known) this.#why.set(lane, known);
      else if (missing && bytes(lane) > then.bytes) this.#why.set(lane, { trouble: "undecodable", codec: "" });
      else if (missing) this.#why.delete(lane);
    }
  }
}

/** @param {Missing} missing */
export function reasonText({ trouble, codec }) {
  switch (trouble) {
    case "codec":
      return t("This browser cannot show the picture ({codec}). The sound goes on; another browser shows it.", { codec });
    case "undecodable":
      return t("The picture comes, and this browser cannot show it. Reload the page, or try another browser.");
    case "no_key_frame":
      return t("The picture has not begun yet. It comes by itself.");
    case "no_parameter_sets":
      return t("The picture is sent in a way that nobody can show. The organiser is told.");
    case "silent":
      return t("The picture has stopped where it is sent. It comes back by itself.");
    default:
      return "";
  }
}

/**
 * The slate with what is known instead of mere waiting.
 * @param {import("./slate.js").Slate} slate
 * @param {string} text
 */
export function explained(slate, text) {
  return text && slate.kind === "waiting" ? { ...slate, line: text } : slate;
}

// What a judge's desk says of the judge's own key, and how another one comes to be theirs: before the voting by itself, if they have none;
// afterwards they ask, and somebody else signs.

import { ask } from "../lib/ask.js";
import { must, write } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { acts } from "../live/acts.js";

/**
 * @typedef {import("../live/live.js").Live} Live
 * @typedef {import("../live/protocol.js").OwnBallots} OwnBallots
 * @typedef {import("./ownkey.js").OwnKey} OwnKey
 * @typedef {{kind: "mine" | "none" | "other" | "keyless" | "asked" | "impossible"}} Standing
 */

/** Letters by which two people compare a key. */
const SHORT = 8;

/** @param {string} key of which people read each other the beginning */
export function shortKey(key) {
  const letters = key.slice(key.indexOf(":") + 1).slice(0, SHORT);
  return `${letters.slice(0, SHORT / 2)} ${letters.slice(SHORT / 2)}`;
}

/** How a browser's key stands to what is enrolled. @param {string} own @param {Pick<OwnBallots, "key" | "asked_key">} told @returns {Standing["kind"]} */
export function standingOf(own, { key, asked_key }) {
  if (key === own) return own ? "mine" : "keyless";
  if (asked_key === own) return "asked";
  if (!own) return "impossible";
  if (key === null) return "none";
  return key === "" ? "keyless" : "other";
}

export class KeyDesk {
  #live;
  #room;
  #own;
  #enrol;
  #act;
  #tried = false;
  #begun = false;
  /** @type {OwnBallots | null} */ #told = null;
  #line = must("#own-key p");
  #button = must("#own-key button");

  /** @param {Live} live @param {string} room @param {OwnKey} own @param {string} enrol where a key is enrolled before the voting */
  constructor(live, room, own, enrol) {
    this.#live = live;
    this.#room = room;
    this.#own = own;
    this.#enrol = enrol;
    this.#act = acts(live, room, must("#own-key [data-error]"));
    this.#button.addEventListener("click", () => void this.#ask());
    must("#own-key").hidden = false;
  }

  /** @param {OwnBallots} told */
  compare(told) {
    this.#told = told;
    this.#own.rests = told.key === "";
    this.#draw();
    if (standingOf(this.#own.text, told) === "none" && !this.#tried) void this.#enrolFirst();
  }

  /** Whether this browser cannot vote as it stands; what else happened elsewhere is no news then. */
  get rests() {
    return this.#told !== null && !["mine", "keyless"].includes(standingOf(this.#own.text, this.#told));
  }

  /** @param {import("../live/follow.js").Room} now */
  follow({ windows }) {
    this.#begun = (windows?.windows.length ?? 0) > 0;
    this.#draw();
  }

  async #enrolFirst() {
    this.#tried = true;
    await fetch(this.#enrol, { method: "POST", body: new URLSearchParams({ key: this.#own.text }) }).catch(() => null);
    this.#live.refresh(this.#room);
  }

  #draw() {
    if (!this.#told) return;
    const kind = standingOf(this.#own.text, this.#told);
    const key = shortKey(this.#own.text);
    write(this.#line, sayingOf(kind, key, this.#begun));
    this.#line.dataset.kind = kind === "mine" || kind === "keyless" ? "" : "bad";
    this.#button.hidden = !this.#begun || kind === "mine" || kind === "asked" || (kind === "keyless" && !this.#own.text);
    write(this.#button, this.#own.text ? t("Ask for this browser's key…") : t("Ask to vote without a key…"));
  }

  async #ask() {
    const own = this.#own.text;
    const answer = await ask({
      title: own ? t("Vote with this browser's key?") : t("Vote without a key of your own?"),
      text: own
        ? t("Somebody else signs: the chair, the deputy chair or an organiser. Read them the key: {key}. From then on no other browser of yours can vote. The protocol tells it.", { key: shortKey(own) })
        : t("Somebody else signs: the chair, the deputy chair or an organiser. From then on nothing proves that your ballots are yours but your sign-in. The protocol tells it."),
      yes: t("Ask for it"),
    });
    if (answer === null) return;
    await this.#act("key.ask", { key: own });
    this.#live.refresh(this.#room);
  }
}

/** @param {Standing["kind"]} kind @param {string} key @param {boolean} begun */
function sayingOf(kind, key, begun) {
  switch (kind) {
    case "mine":
      return t("Your ballots are signed with this browser's own key: {key}", { key });
    case "asked":
      return t("Asked. The chair, the deputy chair or an organiser signs; until then your ballots are not taken.");
    case "keyless":
      return t("You vote without a key of your own.");
    case "other":
      return begun
        ? t("Another browser's key is enrolled for you: from here your ballots are not taken. Vote there, or ask for this one. If you have no other browser, tell the organiser at once.")
        : t("Another browser's key is enrolled for you. Vote there; once the voting has begun you can ask for this one. If you have no other browser, tell the organiser at once.");
    case "impossible":
      return begun
        ? t("This browser makes no key, or keeps none (a private window): your ballots are not taken. Open your link in another one, or ask to vote without a key.")
        : t("This browser makes no key, or keeps none (a private window). Open your link in another one; once the voting has begun you can ask to vote without a key.");
    case "none":
      return begun ? t("No key is enrolled for you, and your ballots are not taken. Ask for this browser's.") : t("Your key is being enrolled…");
  }
}

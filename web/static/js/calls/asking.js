// "Something is wrong": a judge, a pitcher or a clerk calls control, and sees that it was heard.

import { dialogue } from "../lib/ask.js";
import { make, mark, must, writeOrHide } from "../lib/dom.js";
import { formatTime, t } from "../lib/i18n.js";
import { kindName, kindsFor } from "./words.js";

/**
 * @typedef {import("../live/protocol.js").Call} Call
 * @typedef {import("../live/protocol.js").OwnCall} OwnCall
 * @typedef {{kind: Call["kind"], words: string}} Said
 * @typedef {{state: "none"} | {state: "going", said: Said} | {state: "waits", said: Said, at: number} |
 *   {state: "heard", said: Said, at: number} | {state: "refused", text: string}} Standing `going`: no answer yet; `at`: since when
 * @typedef {(said: Said) => Promise<void>} Make resolves once control can see it; rejects with a Refusal
 */

/** As `LONGEST_CALL` in roadshow/fields/calls.py. */
const LONGEST = 200;

/** This desk's call. The server forgets calls when it starts anew: one that was not heard is then made again. */
export class OwnCalls {
  onchange = () => {};
  /** @type {Standing} */ #now = { state: "none" };
  #make;
  #clock;

  /** @param {Make} make @param {() => number} clock the server's, ms */
  constructor(make, clock) {
    this.#make = make;
    this.#clock = clock;
  }

  get now() {
    return this.#now;
  }

  /** @param {Said} said */
  async make(said) {
    const going = this.#become({ state: "going", said });
    try {
      await this.#make(said);
      if (this.#now === going) this.#become({ state: "waits", said, at: this.#clock() });
    } catch (error) {
      const { text = "" } = /** @type {{text?: string}} */ (error);
      if (this.#now === going) this.#become({ state: "refused", text: text || t("Control was not reached. Call once more.") });
    }
  }

  /** It was taken back here. */
  end() {
    this.#become({ state: "none" });
  }

  /** What the server says. @param {OwnCall} told */
  hear({ call, withdrawn }) {
    if (call) {
      const said = { kind: call.kind, words: call.words };
      this.#become(call.heard ? { state: "heard", said, at: call.heard.at } : { state: "waits", said, at: call.at });
    } else if (this.#now.state === "waits" && !withdrawn) void this.make(this.#now.said);
    else if (this.#now.state !== "going") this.end();
  }

  /** @param {Standing} now */
  #become(now) {
    this.#now = now;
    this.onchange();
    return now;
  }
}

/** What the desk says of it. @param {Standing} now @param {Call["role"]} role whose desk it is */
export function callText(now, role) {
  switch (now.state) {
    case "none":
      return "";
    case "refused":
      return now.text;
    case "going":
      return t("Calling control…");
    case "waits":
      return t("{what}: control was told at {time}, and has not answered yet.", { what: kindName(now.said.kind, role), time: formatTime(now.at) });
    case "heard":
      return t("{what}: control heard you at {time}.", { what: kindName(now.said.kind, role), time: formatTime(now.at) });
  }
}

/**
 * The desk's button, and what became of the call.
 * @param {import("../live/live.js").Live} live
 * @param {string} room
 * @param {Call["role"]} role whose desk it is
 */
export function watchCall(live, room, role) {
  const [ask, state, fine] = [must("#call-ask"), must("#call-state"), must("#call-fine")];
  const calls = new OwnCalls(async (said) => void (await live.command("call.make", { room, ...said }, { durable: true })), live.now);
  calls.onchange = () => {
    const { now } = calls;
    writeOrHide(state, callText(now, role));
    mark(state, "state", now.state);
    fine.hidden = now.state !== "waits" && now.state !== "heard";
  };
  live.on("call.own", (told) => void (told.room === room && calls.hear(told)));
  ask.addEventListener("click", async () => {
    const said = await askWhat(role);
    if (said) await calls.make(said);
  });
  fine.addEventListener("click", async () => {
    ask.focus();
    await live.command("call.withdraw", { room }, { durable: true }).then(
      () => calls.end(),
      () => {},
    );
  });
}

/** @param {Call["role"]} role @returns {Promise<Said | null>} null: nothing is wrong */
async function askWhat(role) {
  const inputs = kindsFor(role).map((kind) => {
    const input = make("input");
    input.type = "radio";
    input.name = "kind";
    input.value = kind;
    return { kind, input, row: make("label", "option", input, make("span", "", kindName(kind, role))) };
  });
  const missing = make("p", "error", t("Choose what it is."));
  missing.hidden = true;
  const set = make("fieldset", "field", make("legend", "visually-hidden", t("What is wrong?")), ...inputs.map(({ row }) => row), missing);
  const words = make("input", "input");
  words.id = "call-words";
  words.maxLength = LONGEST;
  words.autocomplete = "off";
  const caption = make("label", "", t("In a few words, if you like; never a score"));
  caption.htmlFor = words.id;
  set.addEventListener("change", () => (missing.hidden = true));
  const chosen = () => inputs.find(({ input }) => input.checked)?.kind;
  const check = () => {
    missing.hidden = chosen() !== undefined;
    if (!chosen()) inputs[0]?.input.focus();
    return missing.hidden;
  };
  const question = { title: t("What is wrong?"), text: t("Control is told at once, with your name, and answers here."), yes: t("Call control") };
  const yes = await dialogue(question, [set, make("div", "field", caption, words)], { check, focus: inputs[0]?.input });
  const kind = chosen();
  return yes && kind ? { kind, words: words.value.trim() } : null;
}

// The machines that may send the room's feed: which is in use, what each is set up with, and an end to its token.

import { ask } from "../lib/ask.js";
import { keyed, make, must, write } from "../lib/dom.js";
import { dotted, t } from "../lib/i18n.js";
import { press } from "./press.js";

/**
 * As roadshow/desks/control/encoders.py gives it.
 * @typedef {"used"|"standing_by"|"silent"|"away"|"never"|"renewed"} EncoderState
 * @typedef {{encoder: string, picture: EncoderState, slides: EncoderState|null, disputed: boolean, first: boolean}} Encoder
 * @typedef {{server: string, token: string}} Setup
 */

const PATIENCE_MS = 8000;
/** @type {Record<EncoderState, string>} */
const BADGES = { used: "badge good", standing_by: "badge", silent: "badge bad", away: "badge warn", never: "badge", renewed: "badge" };

export class EncoderList {
  #address;

  /** @param {string} address below which each has its own */
  constructor(address) {
    this.#address = address;
  }

  /** @param {Encoder[]} encoders */
  show(encoders) {
    write(must("#encoders-line"), summaryOf(encoders));
    keyed(must("#encoders-list"), encoders, {
      key: ({ encoder }) => encoder,
      create: ({ encoder }) => {
        const use = make("button", "button small", t("Use it"));
        const setup = make("button", "button small", t("Set up…"));
        use.type = setup.type = "button";
        use.setAttribute("aria-label", t("Use {encoder}", { encoder: encoderName(encoder) }));
        setup.setAttribute("aria-label", t("Set up {encoder}", { encoder: encoderName(encoder) }));
        press(use, () => this.#fetch(encoder, "first"));
        press(setup, () => void this.#open(encoder));
        const name = make("span", "encoder-name", make("strong", "", encoderName(encoder)), " ", make("small", "muted"));
        return make("li", "", name, make("span", "badge"), make("span", "encoder-acts", use, setup));
      },
      update: (row, one) => {
        const badge = /** @type {HTMLElement} */ (row.querySelector(".badge"));
        badge.className = BADGES[one.picture];
        write(badge, stateName(one.picture));
        write(/** @type {Element} */ (row.querySelector("small")), remarksOf(one));
        const use = /** @type {HTMLElement} */ (row.querySelector("button"));
        use.hidden = one.picture !== "standing_by" && one.slides !== "standing_by";
      },
    });
  }

  /** The answer, if it is a good one. @param {string} encoder @param {"first"|"withdraw"} [act] */
  async #fetch(encoder, act) {
    const answer = await fetch([this.#address, encoder, act].filter(Boolean).join("/"), {
      method: act ? "POST" : "GET",
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch(() => null);
    return answer?.ok ? answer : null;
  }

  /** Its address and token, in a dialog. @param {string} encoder */
  async #open(encoder) {
    const name = encoderName(encoder);
    const title = make("h2", "", t("Set up {encoder}", { encoder: name }));
    title.id = "encoder-title";
    const said = make("p", "small");
    said.setAttribute("role", "status");
    const server = new Copied("encoder-server", t("Server"), t("For a machine that sends slides alone, put ?as=slides behind it."), said);
    const token = new Copied("encoder-token", t("Bearer token"), t("Whoever has it can go on stage. Give it to this machine alone."), said);
    const withdraw = make("button", "button danger", t("Withdraw the token…"));
    const close = make("button", "button primary", t("Close"));
    withdraw.type = close.type = "button";
    const dialog = make("dialog", "dialog", make("div", "stack", title, server.element, token.element, said, make("footer", "", withdraw, close)));
    dialog.setAttribute("aria-labelledby", title.id);

    /** @param {Response|null} answer @param {string} text */
    const fill = async (answer, text) => {
      if (!answer) return write(said, t("The server did not answer. Try again."));
      /** @type {Setup} */
      const setup = await answer.json();
      server.value = setup.server;
      token.value = setup.token;
      write(said, text);
    };
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    press(withdraw, async () => {
      const sure = await ask({
        title: t("Withdraw the token of {encoder}?", { encoder: name }),
        text: t("What is sent with it ends at once, and it opens nothing any more. Its machine then needs the new one."),
        yes: t("Withdraw it"),
        danger: true,
      });
      if (sure !== null) await fill(await this.#fetch(encoder, "withdraw"), t("The former token is withdrawn. This is the new one."));
    });
    document.body.append(dialog);
    dialog.showModal();
    close.focus();
    await fill(await this.#fetch(encoder), "");
  }
}

/** A text to be taken elsewhere. */
class Copied {
  #input;

  /** @param {string} id @param {string} label @param {string} hint @param {Element} said where it is told that it was copied */
  constructor(id, label, hint, said) {
    const input = make("input", "input figures");
    input.id = id;
    input.readOnly = true;
    input.addEventListener("focus", () => input.select());
    const caption = make("label", "", label);
    caption.htmlFor = id;
    const under = make("p", "hint", hint);
    under.id = `${id}-hint`;
    input.setAttribute("aria-describedby", under.id);
    const copy = make("button", "button", t("Copy"));
    copy.type = "button";
    copy.setAttribute("aria-label", t("Copy: {what}", { what: label }));
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(input.value);
        write(said, [label, t("Copied")].join(": "));
      } catch {
        input.focus();
      }
    });
    this.#input = input;
    this.element = make("div", "field", caption, make("div", "encoder-copied", input, copy), under);
  }

  /** @param {string} text */
  set value(text) {
    this.#input.value = text;
  }
}

/** @param {string} encoder */
export function encoderName(encoder) {
  switch (encoder) {
    case "main":
      return t("Main");
    case "backup":
      return t("Backup");
    default:
      return encoder;
  }
}

/** @param {EncoderState} state */
function stateName(state) {
  switch (state) {
    case "used":
      return t("in use");
    case "standing_by":
      return t("stands by");
    case "silent":
      return t("silent");
    case "away":
      return t("not connected");
    case "renewed":
      return t("new token, not used yet");
    default:
      return t("never connected");
  }
}

/** @param {Encoder} one */
function remarksOf({ slides, disputed, first }) {
  const parts = [];
  if (first) parts.push(t("goes first"));
  if (slides) parts.push(t("slides: {state}", { state: stateName(slides) }));
  if (disputed) parts.push(t("two machines send with its token"));
  return dotted(parts);
}

/** What is worth a glance while it is shut: those who are there. @param {Encoder[]} encoders */
export function summaryOf(encoders) {
  const there = encoders.filter(({ picture }) => picture !== "never" && picture !== "renewed");
  return dotted(there.map(({ encoder, picture }) => `${encoderName(encoder)}: ${stateName(picture)}`));
}

// Commands on their way to the server. Each has an id, and goes out again with it until it is answered.

/**
 * @typedef {import("./protocol.js").FromBrowser} FromBrowser
 * @typedef {Extract<import("./protocol.js").ToBrowser, {command: string}>} Answer
 * @typedef {{message: string, resolve: (answer: Answer) => void, reject: (refusal: Refusal) => void,
 *   timer: number|undefined}} Pending
 */
/** The messages that are answered. @typedef {{[K in keyof FromBrowser]: FromBrowser[K] extends {command: string} ? K : never}[keyof FromBrowser]} Command */
/** @template {Command} K @typedef {Omit<FromBrowser[K], "command">} Fields */

/** After so long without an answer whoever waits is told so, ms. A write waits for the store's disk, and a slow one may take two
 * seconds; nobody should look for longer than six at something that says nothing. */
export const LONG_MS = 4_000;
/** A command that is not durable is given up after this, ms. */
const ANSWER_WITHIN = 12_000;
/** Unanswered commands at one time. */
const MOST_PENDING = 100;

/** Why a command was not taken. Codes starting with `live.` are made here and have an empty text. */
export class Refusal extends Error {
  /** @param {{code: string, text?: string, retry: boolean, details?: Record<string, string|number>}} refused */
  constructor({ code, text = "", retry, details = {} }) {
    super(code);
    this.name = "Refusal";
    this.code = code;
    this.text = text;
    this.retry = retry;
    this.details = details;
  }
}

/** A fresh command id: 128 random bits in URL-safe base64. */
export function commandId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export class Commands {
  /** @type {Map<string, Pending>} */ #pending = new Map();
  #send;

  /** @param {(message: string) => void} send does nothing while the connection is away */
  constructor(send) {
    this.#send = send;
  }

  /**
   * @template {Command} K
   * @param {K} type
   * @param {Fields<K>} fields
   * @param {{id?: string, durable?: boolean}} options
   * @returns {Promise<Answer>} rejects with a Refusal
   */
  issue(type, fields, { id = commandId(), durable = false }) {
    return new Promise((resolve, reject) => {
      if (this.#pending.size >= MOST_PENDING || this.#pending.has(id)) return reject(new Refusal({ code: "live.busy", retry: true }));
      const giveUp = () => this.refused(id, new Refusal({ code: "live.unanswered", retry: true }));
      const message = JSON.stringify({ ...fields, type, command: id });
      const timer = durable ? undefined : setTimeout(giveUp, ANSWER_WITHIN);
      this.#pending.set(id, { message, resolve, reject, timer });
      this.#send(message);
    });
  }

  /** What a broken connection left unanswered. */
  resend() {
    for (const { message } of this.#pending.values()) this.#send(message);
  }

  /** @param {Answer} answer */
  accepted(answer) {
    this.#settle(answer.command)?.resolve(answer);
  }

  /** @param {string} id @param {Refusal} refusal */
  refused(id, refusal) {
    this.#settle(id)?.reject(refusal);
  }

  /** No answer will come any more. @param {string} code */
  end(code) {
    for (const id of [...this.#pending.keys()]) this.refused(id, new Refusal({ code, retry: false }));
  }

  /** @param {string} id */
  #settle(id) {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(pending?.timer);
    return pending;
  }
}

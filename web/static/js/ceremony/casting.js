// One vote on its way to the audience award. Whoever has no token, or one that is no good any more, gets one and goes on.

import { Refusal } from "../live/commands.js";

/** The server's words for "fetch a token first". */
const WITHOUT_TOKEN = ["audience.no_token", "audience.token_old"];
/** Tokens fetched for one vote: the second is for a socket that was a new one meanwhile. More would help nobody. */
const MOST_FETCHED = 3;
/** Those who were told the same moment spread over this, ms. */
const SPREAD = 2_000;

/**
 * Returns once the vote counts; rejects with a Refusal.
 * @param {object} ways
 * @param {() => Promise<unknown>} ways.send rejects with a Refusal
 * @param {(booth: string) => Promise<void>} ways.fetchToken rejects with a Refusal
 * @param {(refusal: Refusal) => boolean} ways.queue whether to wait: it was too much at once, of an address or of all
 * @param {(ms: number) => Promise<void>} [ways.sleep]
 */
export async function castVote({ send, fetchToken, queue, sleep = wait }) {
  /** Where a token is to be fetched first. */
  let booth = "";
  for (let fetched = 0; ; ) {
    try {
      if (booth) await fetchToken(booth);
      booth = "";
      await send();
      return;
    } catch (error) {
      const refusal = /** @type {Refusal} */ (error);
      const { code, details } = refusal;
      if (refusal.retry && details.retry_after && queue(refusal)) await sleep(Number(details.retry_after) * 1000 + Math.random() * SPREAD);
      else if (WITHOUT_TOKEN.includes(code) && details.booth && fetched++ < MOST_FETCHED) booth = String(details.booth);
      else throw refusal;
    }
  }
}

/**
 * Have the browser keep a voter's token, in a cookie that is not for us to read, and the page's socket vote with it.
 * @param {string} voters address
 * @param {string} booth which socket is ours
 */
export async function fetchToken(voters, booth) {
  const answer = await fetch(`${voters}/${booth}`, { method: "POST", headers: { Accept: "application/json" } }).catch(() => undefined);
  if (answer?.ok) return;
  const { code = "live.unanswered", text = "" } = (await answer?.json().catch(() => ({}))) ?? {};
  // The socket is a new one by now: with the next try the server says which.
  if (code === "audience.booth") return;
  const seconds = Number(answer?.headers.get("Retry-After"));
  throw new Refusal({ code, text, retry: true, details: seconds > 0 ? { retry_after: seconds } : {} });
}

/** @param {number} ms @returns {Promise<void>} */
function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

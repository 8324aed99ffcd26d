// Under the scores: what became of the ballot, what can be done with it now, and its receipt.

import { must, write } from "../lib/dom.js";
import { dotted, formatDateTime, formatNumber, listed, t } from "../lib/i18n.js";
import { total } from "./scorecard.js";

/**
 * @typedef {import("./ballots.js").Own} Own
 * @typedef {import("./cards.js").Cards} Cards
 * @typedef {import("./cards.js").Note} Note
 * @typedef {import("../lib/page.js").PageCriterion} Criterion
 */

/**
 * @param {string} shown
 * @param {Cards} cards
 * @param {{stored: Own | undefined, changed: boolean, note: Note}} ballot `stored`: the scores that count, or wait for the chair;
 *   `changed`: the card says otherwise
 */
export function drawAnswers(shown, cards, { stored, changed, note }) {
  const state = must("#ballot-state");
  write(state, note.text);
  state.dataset.kind = note.kind;
  const [submit, revert, recuse, abstain] = [must("#submit"), must("#revert"), must("#recuse"), must("#abstain")];
  const busy = note.kind === "busy";
  submit.setAttribute("aria-disabled", String(!cards.canSubmit(shown) || busy));
  submit.setAttribute("aria-busy", String(busy));
  write(must("#submit [data-label]"), cards.isLate(shown) ? t("Hand in late…") : stored && !stored.abstained ? t("Submit again") : t("Submit"));
  revert.hidden = !changed;
  recuse.hidden = cards.isOut(shown) || cards.isSettled() || changed;
  recuse.setAttribute("aria-disabled", String(!cards.canRecuse(shown)));
  abstain.hidden = recuse.hidden || Boolean(stored?.abstained);
  abstain.setAttribute("aria-disabled", String(!cards.isOpen(shown)));
}

/** Who has a link of a judge's can vote as that judge: they see that somebody does. @param {number[]} since when each other browser signed in */
export function drawBrowsers(since) {
  const line = must("#other-browsers");
  line.hidden = since.length === 0;
  const times = listed(since.map((at) => formatDateTime(at)));
  write(line, t("Something was sent in your name from another browser too, signed in: {times}. If that was not you, tell the organiser at once.", { times }));
}

/** @param {import("../live/protocol.js").Receipt | null | undefined} receipt @param {Criterion[]} criteria @param {boolean} [pairs] whether it compares */
export function drawReceipt(receipt, criteria, pairs = false) {
  const line = must("#receipt");
  line.hidden = !receipt;
  must("#keys-hint").hidden = Boolean(receipt);
  line.toggleAttribute("data-unsigned", receipt?.signature === "");
  if (!receipt) return;
  if (!receipt.signature) {
    // Nobody was told that it was taken: the server died before it could say so, or somebody put it into the store.
    line.title = "";
    return write(line, t("The server never acknowledged this ballot. Submit it again; if you did not send it, tell the organiser at once."));
  }
  const score = receipt.abstained ? null : total(criteria, receipt.scores);
  const count = formatNumber(Object.keys(receipt.scores).length);
  const held = pairs ? t("comparisons: {count}", { count }) : t("projects in order: {count}", { count });
  write(
    line,
    dotted([
      t("Receipt {number}", { number: formatNumber(receipt.sequence) }),
      criteria.length ? t("total {total}", { total: score === null ? "–" : formatNumber(score, 2) }) : held,
      receipt.ballot_hash.slice(0, 16),
    ]),
  );
  line.title = receipt.ballot_hash;
}

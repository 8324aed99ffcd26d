// Control's switch of the audience award: open it, close it, announce it.

import { votesLine } from "../ceremony/awardresult.js";
import { drawAwardVotes } from "./awardvotes.js";
import { ask } from "../lib/ask.js";
import { must, write } from "../lib/dom.js";
import { formatDuration, t } from "../lib/i18n.js";
import { acts } from "../live/acts.js";
import { doubtLine, turnoutLine } from "./turnout.js";

/** @typedef {import("../live/protocol.js").AudienceView} AudienceView */
/** @typedef {import("../live/protocol.js").TurnoutView} TurnoutView */

/**
 * @param {import("../live/live.js").Live} live
 * @param {string} room
 * @param {Record<string, {name: string}>} projects
 */
export function switchAward(live, room, projects) {
  const toggle = must("#award-switch");
  const announce = must("#award-announce");
  const span = /** @type {HTMLSelectElement} */ (must("#award-span"));
  /** @type {AudienceView|null} */
  let award = null;
  const act = acts(live, room, must("#award-said"));

  function isOpen() {
    return award?.state === "open" && (award.closes_at === null || live.now() < award.closes_at);
  }

  function line() {
    if (award?.state === "counted") return t("The audience award is public.");
    if (isOpen() && award?.closes_at) return t("Open for another {time}.", { time: formatDuration(award.closes_at - live.now()) });
    if (isOpen()) return t("Open until you close it. Nobody sees who leads.");
    return award?.votes ? t("Closed. The count is sealed until you announce it.") : t("Not open. Viewers vote on the watch page.");
  }

  function draw() {
    if (!award) return;
    must("#award").dataset.state = isOpen() ? "open" : award.state === "open" ? "closed" : award.state;
    write(must("#award-line"), line());
    // What counts down by the second is to be seen; what is told aloud changes with the state alone.
    write(must("#award-told"), isOpen() ? t("The audience vote is open.") : line());
    write(must("#award-votes"), votesLine(award));
    const counted = award.state === "counted";
    must("#award-open").hidden = counted || isOpen();
    toggle.hidden = counted;
    write(toggle, isOpen() ? t("Close the audience vote") : award.votes ? t("Open the audience vote again") : t("Open the audience vote"));
    announce.hidden = counted || isOpen() || !award.votes;
  }

  /** @param {TurnoutView} turnout */
  function drawTurnout(turnout) {
    const line = turnoutLine(turnout);
    must("#award-turnout").hidden = !line;
    write(must("#award-turnout"), line);
    const doubt = doubtLine(turnout);
    write(must("#award-why"), doubt);
    drawAwardVotes(must("#award-result"), turnout.result ?? [], projects);
    must("#award-doubt").hidden = !doubt;
  }

  toggle.addEventListener("click", () => {
    if (isOpen()) void act("audience.close", {});
    else void act("audience.open", { seconds: span.value ? Number(span.value) : null });
  });
  announce.addEventListener("click", async () => {
    const answer = await ask({
      title: t("Announce the audience award?"),
      text: t("Everybody sees at once who has won, and nobody can vote any more. This cannot be undone."),
      yes: t("Announce"),
    });
    if (answer !== null) await act("audience.announce", {});
  });
  live.follow(room, (now, change) => {
    if (now.turnout && (change === "snapshot" || change === "turnout")) drawTurnout(now.turnout);
    if (change !== "snapshot" && change !== "audience") return;
    award = now.audience;
    draw();
  });
  setInterval(() => award?.state === "open" && draw(), 1_000);
}

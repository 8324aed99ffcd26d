// The audience's own vote on the watch page: choose a project, change it, and see that the vote counts.

import { keyed, make, must, write } from "../lib/dom.js";
import { formatDuration, t } from "../lib/i18n.js";
import { LONG_MS } from "../live/commands.js";
import { drawAwardLine, votesLine } from "./awardresult.js";
import { castVote, fetchToken } from "./casting.js";

/**
 * @typedef {import("../live/protocol.js").AudienceView} AudienceView
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("../live/commands.js").Refusal} Refusal
 */

/**
 * @param {import("../live/live.js").Live} live
 * @param {string} room
 * @param {Record<string, {name: string}>} projects
 * @param {string} voters where a voter's token is fetched
 */
export function watchAward(live, room, projects, voters) {
  const card = must("#award");
  const form = must("#award-form");
  const send = must("#award-send");
  const said = must("#award-said");
  /** @type {AudienceView} */
  let award = { section: "audience", state: "closed", closes_at: null, votes: 0, winners: null };
  /** What the server has acknowledged. @type {string|null} */
  let own = null;
  let busy = false;

  const chosen = () => /** @type {HTMLInputElement | null} */ (form.querySelector("input:checked"))?.value ?? "";

  function isOpen() {
    return award.state === "open" && (award.closes_at === null || live.now() < award.closes_at);
  }

  function line() {
    if (award.state === "counted") return t("The audience has decided.");
    if (!isOpen()) return t("The vote is closed. The result is announced here.");
    if (award.closes_at === null) return t("Which project is your favourite? You can change your vote until the close.");
    return t("Which project is your favourite? You can change your vote for another {time}.", {
      time: formatDuration(Math.max(0, award.closes_at - live.now())),
    });
  }

  function draw() {
    card.hidden = award.state === "closed" && !award.votes;
    if (card.hidden) return;
    card.dataset.state = isOpen() ? "open" : award.state === "open" ? "closed" : award.state;
    write(must("#award-line"), line());
    write(must("#award-votes"), votesLine(award));
    form.hidden = !isOpen();
    const name = projects[chosen()]?.name ?? "";
    write(send, own !== null && name && own !== chosen() ? t("Change my vote to {project}", { project: name }) : name ? t("Vote for {project}", { project: name }) : t("Vote"));
    send.setAttribute("aria-disabled", String(busy || !name || own === chosen()));
    card.dataset.own = own ?? "";
    drawAwardLine(must("#award-winner"), award, projects);
  }

  /** @param {string} project */
  const isIn = (project) => form.querySelector(`input[value="${CSS.escape(project)}"]`) !== null;

  function confirmOwn() {
    if (own !== null && !isIn(own)) write(said, t("{project} does not pitch: your vote can go to another one.", { project: projects[own]?.name ?? own }));
    else if (own !== null) write(said, t("Your vote counts: {project}.", { project: projects[own]?.name ?? own }));
  }

  async function vote() {
    const project = chosen();
    if (busy || !project || project === own) return;
    busy = true;
    send.setAttribute("aria-busy", "true");
    write(said, "");
    draw();
    const told = setTimeout(() => write(said, t("No answer yet. Waiting for the server…")), LONG_MS);
    try {
      await castVote({
        send: () => live.command("audience.vote", { room, project }),
        fetchToken: (booth) => fetchToken(voters, booth),
        queue: ({ text }) => {
          write(said, text);
          return isOpen();
        },
      });
      own = project;
      confirmOwn();
    } catch (error) {
      const refusal = /** @type {Refusal} */ (error);
      write(said, refusal.text || t("Your vote is not confirmed. Check the connection and vote again."));
    } finally {
      clearTimeout(told);
      busy = false;
      send.removeAttribute("aria-busy");
      draw();
    }
  }

  send.addEventListener("click", () => void vote());
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target !== send && !event.repeat) void vote();
  });
  form.addEventListener("change", draw);
  live.on("audience.own", (message) => {
    if (message.room !== room || busy) return;
    own = message.project;
    const input = form.querySelector(`input[value="${CSS.escape(own)}"]`);
    if (input instanceof HTMLInputElement && !chosen()) input.checked = true;
    confirmOwn();
    draw();
  });
  let away = false;
  live.onstate(({ state }) => {
    // The line is back, so nobody is told to check it; whose vote counts is told so again by the server.
    if (state === "open" && away && !busy) write(said, "");
    away = state !== "open";
  });
  live.follow(room, (now, change) => {
    if (change !== "snapshot" && change !== "audience" && change !== "rundown") return;
    award = now.audience;
    keyed(must("#award-choices"), now.rundown.slots.filter((slot) => slot.status !== "skipped"), {
      key: (slot) => slot.project,
      create: (slot) => {
        const input = make("input");
        input.type = "radio";
        input.name = "project";
        input.value = slot.project;
        input.checked = slot.project === own;
        return make("label", "", input, make("span", "", projects[slot.project]?.name ?? slot.project));
      },
      update: () => {},
    });
    if (own !== null && !busy && award.state === "open") confirmOwn();
    draw();
  });
  setInterval(() => award.state === "open" && draw(), 1_000);
}

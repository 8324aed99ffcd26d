// The results: podiums as they are announced.

import { drawAwardLine } from "./ceremony/awardresult.js";
import { asCeremony } from "./ceremony/overall.js";
import "./ceremony/podium.js";
import { t } from "./lib/i18n.js";
import { page, ready } from "./lib/page.js";
import { showOwnTimes } from "./lib/times.js";
import { showConnection } from "./live/banner.js";
import { connect } from "./live/live.js";

/** @typedef {import("./ceremony/podium.js").PodiumReveal} PodiumReveal */

const live = connect(page.live);
const banner = document.getElementById("connection");
if (banner) showConnection(live, banner, t("Reconnecting. What you see may be a little old."));
const more = document.getElementById("more");

for (const field of document.querySelectorAll("[data-room]")) {
  const podium = /** @type {PodiumReveal|null} */ (field.querySelector("podium-reveal"));
  if (!(field instanceof HTMLElement) || !podium) continue;
  podium.projects = page.projects;
  const room = field.dataset.room ?? "";
  const opened = field.dataset.ceremony;
  const seen = page.ceremonies[room]?.after ?? 0;
  podium.ceremony = page.ceremonies[room] ?? null;
  live.follow(room, ({ ceremony, audience }) => {
    const award = field.querySelector("[data-award]");
    if (award instanceof HTMLElement) drawAwardLine(award, audience, page.projects);
    podium.ceremony = ceremony;
    // The stage for it at once; a way to the ranking, which names the champion, no sooner than the podium does.
    field.dataset.ceremony = ceremony.state === "revealed" ? "revealing" : ceremony.state;
    podium.whenShown(() => {
      field.dataset.ceremony = ceremony.state;
      // The page was made before the ranking was public: it comes with the next one.
      if (more) more.hidden = ceremony.state !== "revealed" || (opened === "revealed" && ceremony.after === seen);
    });
  });
}

const overall = document.getElementById("overall");
const together = /** @type {PodiumReveal|null} */ (overall?.querySelector("podium-reveal") ?? null);
if (overall && together && page.overall) {
  const opened = page.overall.state;
  together.projects = page.projects;
  together.ceremony = asCeremony(page.overall);
  // The same is told in every room.
  live.follow(page.rooms[0] ?? "", ({ overall: now }) => {
    together.ceremony = asCeremony(now);
    overall.dataset.ceremony = now.stands ? (now.state === "revealed" ? "revealing" : now.state) : "before";
    together.whenShown(() => {
      if (now.stands) overall.dataset.ceremony = now.state;
      const more = document.getElementById("overall-more");
      if (more) more.hidden = opened === "revealed" || now.state !== "revealed";
    });
  });
}
showOwnTimes();
ready();

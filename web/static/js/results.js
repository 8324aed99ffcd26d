// The results: podiums as they are announced.

import { drawAwardLine, showAwardResult } from "./ceremony/awardresult.js";
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
  podium.ceremony = page.ceremonies[room] ?? null;
  live.follow(room, ({ ceremony, audience }) => {
    showAwardResult(audience, page.projects);
    const award = field.querySelector("[data-award]");
    if (award instanceof HTMLElement) drawAwardLine(award, audience, page.projects);
    field.dataset.ceremony = ceremony.state;
    podium.ceremony = ceremony;
    // The page was made before the ranking was public: it comes with the next one, when the last place has been played.
    if (more && opened !== "revealed" && ceremony.state === "revealed") {
      if (podium.busy) podium.addEventListener("settled", () => (more.hidden = podium.busy));
      else more.hidden = false;
    }
  });
}
showOwnTimes();
ready();

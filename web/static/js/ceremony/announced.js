// The places that were announced, as a plain list: for the desks of those who announce them.

import { keyed, make } from "../lib/dom.js";
import { formatNumber, listed } from "../lib/i18n.js";

/**
 * @param {HTMLElement} list an `<ol>` or `<ul>`
 * @param {import("../live/protocol.js").CeremonyView} ceremony
 * @param {Record<string, {name: string}>} projects
 */
export function drawAnnounced(list, ceremony, projects) {
  keyed(list, ceremony.announced, {
    key: (one) => String(one.place),
    create: (one) => {
      const medal = make("b", "medal", String(one.place));
      medal.dataset.place = String(one.place);
      const names = listed(one.projects.map((id) => projects[id]?.name ?? id));
      return make("li", "", medal, make("span", "", names), make("span", "figures muted", formatNumber(Number(one.score), 2)));
    },
    update: () => {},
  });
}

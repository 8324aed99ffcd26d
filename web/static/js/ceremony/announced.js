// The places that were announced, as a plain list: for the desks of those who announce them.

import { keyed, make } from "../lib/dom.js";
import { formatNumber, listed, t } from "../lib/i18n.js";

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
      const names = one.projects.length ? listed(one.projects.map((id) => projects[id]?.name ?? id)) : t("Not awarded");
      return make("li", "", medal, make("span", "", names), make("span", "figures muted", one.score && formatNumber(Number(one.score), 2)));
    },
    update: () => {},
  });
}

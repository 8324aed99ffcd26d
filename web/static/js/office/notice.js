// That the chair's office has passed since this desk was opened, and is another's, or one's own: the page shows what it was then.

import { must, write } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

/**
 * @param {import("../live/follow.js").Room} now
 * @param {{id: string, role: string}} person whose desk it is, as it was opened
 * @param {Record<string, {name: string}>} judges
 */
export function showOffice({ windows }, { id, role }, judges) {
  const chair = windows?.chair ?? null;
  const box = must("#office-passed");
  const was = box.hidden;
  box.hidden = chair === null || (chair === id) === (role === "chair");
  if (chair === null || box.hidden) return;
  const name = judges[chair]?.name ?? chair;
  write(must("#office-passed span"), chair === id ? t("You have the chair's office now.") : t("{name} has the chair's office now.", { name }));
  if (was) box.scrollIntoView({ block: "nearest" }); // on a phone the desk is longer than the screen
}

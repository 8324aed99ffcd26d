// The card that stands where a camera's picture would be: who is heard, while their camera is off.

import { make, write } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

/** @typedef {{name: string, team: string}} CardText */

const CARD = "/card";

/**
 * What it says; null while there is a picture, or nobody. Pure.
 * @param {import("../live/follow.js").Room|null} room
 * @param {import("./slate.js").Projects} projects
 * @returns {CardText|null}
 */
export function cardOf(room, projects) {
  const source = room?.stage.lanes.main ?? "";
  if (!source.endsWith(CARD)) return null;
  const project = projects[source.slice(0, -CARD.length)];
  return { name: project?.name ?? "", team: project?.team ?? "" };
}

export class Card {
  #name = make("p", "stage-card-name");
  #team = make("p", "stage-card-team");
  element = make("div", "stage-card", this.#name, this.#team, make("p", "stage-card-why", t("Camera off")));

  constructor() {
    this.element.hidden = true;
  }

  /** @param {CardText|null} card */
  draw(card) {
    this.element.hidden = card === null;
    write(this.#name, card?.name ?? "");
    write(this.#team, card?.team ?? "");
  }
}

// Who publishes into the room, and which of it is on stage.

import { t } from "./i18n.js";

/**
 * @param {HTMLElement} list a `<ul>`
 * @param {import("./protocol.js").Room} room
 * @param {Record<string, {name: string}>} projects
 */
export function drawGreenRoom(list, room, projects) {
  /** @type {Map<string, import("./protocol.js").SourceView[]>} */
  const publishers = new Map();
  for (const source of room.stage.sources) {
    const publisher = source.source.split("/")[0] ?? "";
    publishers.set(publisher, [...(publishers.get(publisher) ?? []), source]);
  }
  const rows = [...publishers].map(([publisher, sources]) => {
    const row = document.createElement("li");
    row.dataset.publisher = publisher;
    const onStage = sources.some((source) => source.lane);
    row.dataset.stage = String(onStage);
    const name = document.createElement("strong");
    name.textContent = publisher === "feed" ? t("Feed") : (projects[publisher]?.name ?? publisher);
    const kinds = document.createElement("small");
    kinds.textContent = sources.map((source) => kindName(source.source.split("/")[1] ?? "")).join(", ");
    const where = document.createElement("span");
    where.className = "badge";
    where.textContent = onStage ? t("on stage") : t("ready");
    row.append(name, kinds, where);
    return row;
  });
  if (!rows.length) {
    const empty = document.createElement("li");
    empty.className = "empty";
    empty.textContent = t("Nobody has switched a camera on yet.");
    rows.push(empty);
  }
  list.replaceChildren(...rows);
}

/** @param {string} kind */
function kindName(kind) {
  switch (kind) {
    case "camera":
      return t("camera");
    case "microphone":
      return t("microphone");
    case "slides":
      return t("slides");
    default:
      return t("slides' sound");
  }
}

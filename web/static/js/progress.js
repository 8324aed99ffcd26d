// Which judges have submitted for the project on stage. Who, never what.

import { t } from "./i18n.js";

/**
 * @param {HTMLElement} panel holds `[data-progress=count]` and a `<ul data-progress=judges>`
 * @param {import("./protocol.js").Room} room
 * @param {Record<string, {name: string, chair: boolean}>} judges
 * @param {Record<string, {name: string}>} projects
 */
export function drawProgress(panel, room, judges, projects) {
  const count = panel.querySelector("[data-progress=count]");
  const list = panel.querySelector("[data-progress=judges]");
  const current = room.session.project ?? room.rundown.slots[0]?.project;
  const progress = room.progress?.projects.find((one) => one.project === current);
  if (!count || !list || !progress) return;
  const due = progress.judges.filter((one) => one.state !== "recused");
  const done = due.filter((one) => one.state === "submitted");
  count.textContent = t("{done} of {due} ballots for {project}", {
    done: done.length,
    due: due.length,
    project: projects[progress.project]?.name ?? progress.project,
  });
  list.replaceChildren(
    ...progress.judges.map((one) => {
      const item = document.createElement("li");
      item.dataset.state = one.state;
      item.dataset.judge = one.judge;
      const name = document.createElement("span");
      const judge = judges[one.judge];
      name.textContent = judge?.name ?? one.judge;
      const state = document.createElement("small");
      state.textContent = [stateName(one.state), judge?.chair ? t("chair") : ""].filter(Boolean).join(" · ");
      item.append(name, state);
      return item;
    }),
  );
}

/** @param {import("./protocol.js").JudgeProgress["state"]} state */
function stateName(state) {
  switch (state) {
    case "submitted":
      return t("submitted");
    case "recused":
      return t("conflict");
    default:
      return t("waiting");
  }
}

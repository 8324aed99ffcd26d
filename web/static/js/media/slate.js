// What stands on the stage while no picture does: a pure decision, drawn by stage.js.

import { t } from "../lib/i18n.js";

/** @typedef {import("../live/follow.js").Room} Room */
/** @typedef {Record<string, {name: string, one_liner?: string, team?: string, place?: string}>} Projects */
/** @typedef {"connecting"|"full"|"refused"|"before"|"standby"|"waiting"|"voting"|"closed"|"over"|"listening"} SlateKind */
/**
 * `until`: count down to it, ms since the epoch by the server's clock (`full`: by the browser's).
 * @typedef {{kind: SlateKind, eyebrow: string, title: string, line: string, until: number|null}} Slate
 */
/** @typedef {{state: import("../connection/peer.js").PeerState, retryAt: number|null, status: number|null}} Connection */

/**
 * The slate for a room without a picture.
 * @param {Room|null} room
 * @param {Projects} projects
 * @param {Connection} connection
 * @returns {Slate}
 */
export function slateFor(room, projects, connection) {
  if (connection.state === "refused") {
    const line = t("Reload the page. If that does not help, ask the organiser for a new link.");
    return slate("refused", "", t("The video cannot be shown"), line);
  }
  if (connection.state === "full") {
    const line = t("You are let in by itself as soon as there is a place.");
    return slate("full", t("This room is full"), t("Please wait a moment"), line, connection.retryAt);
  }
  if (!room) return slate("connecting", "", t("Connecting to the room"), "");

  const { session, rundown, ceremony } = room;
  const project = session.project ? projects[session.project] : undefined;
  const name = project?.name ?? "";
  const line = project?.one_liner ?? "";
  if (session.over && session.phase !== "voting") {
    const published = ceremony.state === "revealed";
    return slate(
      "over",
      t("The pitches are over"),
      published ? t("The podium is public") : t("The result will be announced here"),
      published ? "" : whatComesNext(ceremony.state),
    );
  }
  const slot = rundown.slots.find((one) => one.slot === session.slot);
  switch (session.phase) {
    case "standby": {
      const first = rundown.slots.every((one) => one.status === "waiting" || one.status === "skipped" || one.slot === session.slot);
      if (!first || !slot) return slate("standby", t("Next on stage"), name || t("The next project"), line);
      return slate("before", t("First on stage"), name, line, slot.planned_at);
    }
    case "pitch":
    case "questions":
      return slate("waiting", t("On stage"), name, waitedFor(room.stage.lanes));
    case "voting":
      return slate("voting", t("The judges are scoring"), name, line);
    case "closed": {
      const next = rundown.slots.find((one) => one.status === "waiting");
      const after = next ? projects[next.project]?.name : undefined;
      return slate("closed", t("Thank you"), name, after ? t("Next: {project}", { project: after }) : "");
    }
  }
}

/** What there is of who is on stage. @param {Record<string, string>} lanes */
function waitedFor(lanes) {
  if (lanes.main || lanes.slides) return t("Waiting for the picture");
  return Object.keys(lanes).length ? t("There is sound; no picture is sent.") : t("Nothing is sent yet. It begins by itself.");
}

/** Before the last place. @param {import("../live/protocol.js").CeremonyView["state"]} state */
function whatComesNext(state) {
  if (state === "confirmed") return t("The jury has confirmed the result. The places are announced next.");
  if (state === "revealing") return t("Places are announced third to first.");
  return t("Stay on this page: first the judges confirm, then the places are announced.");
}

/**
 * The slate while there is a picture, but not for this viewer.
 * @param {Room|null} room
 * @param {Projects} projects
 * @param {boolean} chosen by the viewer; else by the network
 * @returns {Slate}
 */
export function listening(room, projects, chosen) {
  const project = room?.session.project ? projects[room.session.project] : undefined;
  const line = chosen ? t("No picture is loaded, which saves data.") : t("The picture comes back by itself.");
  return project ? slate("listening", t("Sound only"), project.name, line) : slate("listening", "", t("Sound only"), line);
}

/**
 * @param {SlateKind} kind
 * @param {string} eyebrow
 * @param {string} title
 * @param {string} line
 * @param {number|null} [until]
 * @returns {Slate}
 */
function slate(kind, eyebrow, title, line, until = null) {
  return { kind, eyebrow, title, line, until };
}

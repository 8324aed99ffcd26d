// What stands between a field and its confirmed result, in words for the chair. No score and no order.

import { listed, t, tn } from "../lib/i18n.js";
import { caveatLine, caveatSentences } from "./caveat.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {Record<string, {name: string}>} Projects
 * @typedef {{id: string, done: boolean, text: string, detail: string}} Step what must be so before the result can be confirmed
 */

/**
 * What stands between a room and its confirmed result.
 * @param {Room} room
 * @param {Projects} projects
 * @param {Record<string, {name: string}>} judges
 * @returns {Step[]}
 */
export function steps(room, projects, judges) {
  const { rundown, progress, review, session } = room;
  /** @param {string} id */
  const name = (id) => projects[id]?.name ?? id;
  const ahead = rundown.slots.filter((slot) => slot.status === "waiting" || slot.status === "live");
  const skipped = rundown.slots.filter((slot) => slot.status === "skipped").map((slot) => name(slot.project));
  const open = progress?.projects.filter((one) => one.open) ?? [];
  const done = new Set(rundown.slots.filter((slot) => slot.status === "done").map((slot) => slot.project));
  const short = progress?.projects.filter((one) => done.has(one.project) && !one.quorum_met && !one.open) ?? [];
  const counted = review?.count?.closed ?? false;
  const ties = counted ? (review?.ties.length ?? 0) : 0;
  const late = review?.late.length ?? 0;
  const caveat = session.over ? review?.caveat : null;
  const revote = progress?.revote?.projects.filter((one) => one.open) ?? [];
  const asks = room.questions?.newest?.state === "open";
  const unvoted = counted ? (review?.unvoted ?? []) : [];
  return [
    {
      id: "turns",
      done: session.over,
      text: session.over
        ? t("Every project has had its turn.")
        : tn("{count} project is not over yet.", "{count} projects are not over yet.", ahead.length),
      detail: skipped.length ? t("Skipped: {names}", { names: listed(skipped) }) : "",
    },
    {
      id: "open",
      done: open.length === 0 && revote.length === 0 && !asks,
      text: open.length
        ? t("Voting is open: {names}", { names: listed(open.map((one) => name(one.project))) })
        : revote.length
          ? t("A re-vote is open: {names}", { names: listed(revote.map((one) => name(one.project))) })
          : asks
            ? t("The jury votes on a question.")
            : t("No vote is open."),
      detail: "",
    },
    {
      id: "quorum",
      done: short.length === 0 && done.size > 0,
      text: short.length
        ? tn("{count} project is below the quorum and gets no place.", "{count} projects are below the quorum and get no place.", short.length)
        : done.size
          ? t("Every project that pitched has its quorum.")
          : t("The quorum is checked when a vote is over."),
      detail: short
        .map((one) => {
          const absent = one.judges.filter((judge) => judge.state === "waiting").map((judge) => judges[judge.judge]?.name ?? judge.judge);
          return absent.length ? t("{project}: no ballot from {names}", { project: name(one.project), names: listed(absent) }) : "";
        })
        .filter(Boolean)
        .join(". "),
    },
    {
      id: "missing",
      done: session.over && !caveat,
      text: caveatLine(caveat, session.over),
      detail: caveatSentences(caveat, name, (id) => judges[id]?.name ?? id).join(" "),
    },
    {
      id: "late",
      done: late === 0,
      text: late ? tn("{count} late ballot waits for your word.", "{count} late ballots wait for your word.", late) : t("No late ballot waits."),
      detail: "",
    },
    {
      id: "count",
      done: counted,
      text: counted ? t("The count is closed.") : t("The count is open."),
      detail: counted ? "" : t("When all is in, you close it. Then nothing moves a score any more, and ties are shown."),
    },
    {
      id: "ties",
      done: counted && revote.length === 0 && !asks && ties === 0,
      text: ties
        ? tn("{count} tie waits to be settled.", "{count} ties wait to be settled.", ties)
        : asks
          ? t("Ties are shown again when the jury has voted.")
          : counted && revote.length === 0
            ? t("No tie is left to settle.")
            : t("Ties are shown here when the count is closed."),
      detail: "",
    },
    ...(unvoted.length
      ? [
          {
            id: "awards",
            done: unvoted.every((one) => one.missed),
            text: tn("{count} award waits for a vote.", "{count} awards wait for a vote.", unvoted.length),
            detail: "",
          },
        ]
      : []),
  ];
}

/** @param {Room} room */
export function sentence({ review, session, progress, questions }) {
  switch (review?.state) {
    case "awaiting":
      return t("You have confirmed. The organiser has yet to sign.");
    case "confirmed":
      return t("Confirmed. The organiser announces the places.");
    case "revealing":
      return t("The places are being announced.");
    case "revealed":
      return t("The podium is public.");
    default:
      if (!session.over) return t("You confirm when the field is over.");
      if (progress?.revote?.projects.some((one) => one.open)) return t("The re-vote is open.");
      if (review?.late.length) return t("A late ballot waits for your word.");
      if (progress?.projects.some((one) => one.open)) return t("Voting is not finished.");
      if (!review?.count?.closed) return t("All votes are in. Close the count, and you are told of ties.");
      if (questions?.newest?.state === "open") return t("The jury votes on a question.");
      if (review?.ties.some((tie) => tie.waits_for === "chair")) return t("A tie waits for your vote.");
      if (review?.ties.some((tie) => tie.waits_for === "casting-vote")) return t("A tie waits for the casting vote.");
      if (review?.ties.some((tie) => tie.waits_for === "jury")) return t("A tie waits for the jury's vote.");
      if (review?.ties.length) return t("A tie waits for a re-vote.");
      if ((review?.unvoted ?? []).some((one) => !one.missed)) return t("An award waits for a vote.");
      if (review?.ready) return t("The count is closed. You can confirm the result.");
      return t("No project has enough ballots for a place.");
  }
}

/** May the chair close the count? @param {Room} room */
export function mayClose(room) {
  return Boolean(
    room.session.over &&
      room.review?.state === "sealed" &&
      !room.review.count?.closed &&
      !room.review.late.length &&
      !room.progress?.projects.some((one) => one.open),
  );
}

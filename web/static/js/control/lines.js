// What those who pitch found of their lines, days before: trouble first.

import { keyed, make, must, write, writeOrHide } from "../lib/dom.js";
import { dotted, formatDate, t, tn } from "../lib/i18n.js";
import { reasonText, verdictTitle } from "../line/words.js";

/** @typedef {import("../live/protocol.js").LineView} LineView */
/** @typedef {"another"|"none"|"old"|"slides"|"full"} Standing what the organiser looks after first, first */

/** @type {Record<Standing, string>} */
const BADGES = { another: "bad", none: "", old: "warn", slides: "warn", full: "good" };
const ORDER = /** @type {Standing[]} */ (Object.keys(BADGES));

/** @param {LineView} line @param {number} now ms @returns {Standing} */
export function standing({ verdict, old_at }, now) {
  if (verdict === null || old_at === null) return "none";
  // Who needed another network needs one until a check says otherwise.
  return verdict !== "another" && now >= old_at ? "old" : verdict;
}

/** Trouble first; of one kind in the running order. @param {readonly LineView[]} lines @param {number} now */
export function inOrder(lines, now) {
  const rank = (/** @type {LineView} */ line) => ORDER.indexOf(standing(line, now));
  return [...lines].sort((a, b) => rank(a) - rank(b));
}

/** All of them in a line. @param {readonly LineView[]} lines @param {number} now */
export function summary(lines, now) {
  const count = (/** @type {Standing} */ one) => lines.filter((line) => standing(line, now) === one).length;
  const [another, none, old] = [count("another"), count("none"), count("old")];
  const rest = [
    another ? tn("{count} needs another network", "{count} need another network", another) : "",
    none ? tn("{count} not checked", "{count} not checked", none) : "",
    old ? tn("{count} checked long ago", "{count} checked long ago", old) : "",
  ];
  if (!lines.length) return t("Nobody pitches here.");
  return dotted(rest) || t("All lines are checked.");
}

/**
 * @param {readonly LineView[]} lines
 * @param {Record<string, {name: string}>} projects
 * @param {Record<string, string>} pitchers names
 * @param {number} now
 */
export function drawLines(lines, projects, pitchers, now) {
  const said = summary(lines, now);
  write(must("#lines-line"), said);
  const trouble = lines.filter((line) => standing(line, now) === "another").length;
  writeOrHide(must("#lines-trouble"), trouble ? tn("{count} needs another network", "{count} need another network", trouble) : "");
  keyed(must("#lines-list"), inOrder(lines, now), {
    key: ({ person, project }) => `${person} ${project}`,
    create: ({ person }) => {
      const row = make("li", "", make("span", "lines-who", make("strong"), make("small")), make("small", "lines-why"), make("span"));
      row.dataset.person = person;
      return row;
    },
    update: (row, line) => {
      const at = standing(line, now);
      row.dataset.line = at;
      const [who, why, badge] = row.children;
      const [name, project] = who?.children ?? [];
      const called = pitchers[line.person] ?? line.person;
      const pitched = projects[line.project]?.name ?? line.project;
      if (name) write(name, called);
      if (project) write(project, pitched === called ? "" : pitched); // who is invited as a project is called like it
      if (why) write(why, dotted([line.at === null ? "" : formatDate(line.at), ...line.reasons.map((reason) => reasonText(reason))]));
      if (!badge) return;
      badge.className = `badge ${BADGES[at]}`;
      write(badge, word(line, at));
    },
  });
}

/** @param {LineView} line @param {Standing} at */
function word({ verdict }, at) {
  if (at === "none" || verdict === null) return t("Not checked");
  if (at === "another") return t("Needs another network"); // the title tells whoever pitches what to do
  return at === "old" ? t("Long ago") : verdictTitle(verdict);
}

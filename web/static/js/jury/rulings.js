// A word on single ballots and projects, of the chair or who decides in their stead: late ballots, ballots set aside,
// penalties. Whose, never what is in them.

import { ask } from "../lib/ask.js";
import { keyed, make, write, writeOrHide } from "../lib/dom.js";
import { fillIn } from "../lib/form.js";
import { dotted, formatNumber, formatTime, t } from "../lib/i18n.js";
import { page } from "../lib/page.js";

/**
 * @typedef {import("../live/follow.js").Room} Room
 * @typedef {import("../live/protocol.js").LateBallot} LateBallot
 * @typedef {Record<string, {name: string}>} Named
 * @typedef {import("../live/acts.js").Act} Act
 * @typedef {"chair" | "deputy" | "organiser"} Office who decides, as the server says it
 */

/** Points: all that a project can have, and hundredths in one. */
const MOST_POINTS = 100;
const HUNDREDTHS = 100;

export class Rulings {
  /**
   * @param {(name: string) => HTMLElement} part of the panel
   * @param {{projects: Named, judges: Named}} names
   * @param {Act} act
   * @param {Office} office whose desk it is
   */
  constructor(part, { projects, judges }, act, office) {
    this.office = office;
    this.projects = projects;
    this.judges = judges;
    this.act = act;
    this.late = part("late");
    this.setAside = part("set-aside");
    this.penalties = part("penalties");
    this.panel = part("rulings");
    this.rest = part("rulings-rest");
    this.buttons = [part("void"), part("penalise")];
    /** @type {Room | null} */
    this.now = null;
    unlessDisabled(part("void"), () => void this.void());
    unlessDisabled(part("penalise"), () => void this.penalise());
  }

  /** @param {Room} now */
  show(now) {
    const { review } = now;
    if (!review) return;
    this.now = now;
    const sealed = review.state === "sealed";
    this.panel.hidden = !this.someIsMine() || (!sealed && !review.set_aside.length && !review.penalties.length);
    const resting = rest(now);
    for (const button of this.buttons) {
      button.hidden = !sealed;
      button.setAttribute("aria-disabled", String(resting !== ""));
    }
    writeOrHide(this.rest, resting);
    const fixed = !sealed || resting !== "";
    keyed(this.late, sealed ? review.late : [], {
      key: (one) => `${one.late} ${one.contested ?? ""}`,
      create: (one) => {
        const { judge, project, late } = one;
        const text = cameText(one, { judge: this.judge(judge), project: this.project(project), time: formatTime(one.at) });
        if (one.decided_by !== this.office) return make("li", "ruling called", make("span", "", text), make("small", "muted", decidedBy(one.decided_by)));
        const replaces = one.replaces ? t("If you accept it, it takes the place of an earlier ballot.") : "";
        const accept = this.button(t("Accept…"), () => void this.rule("late.accept", { judge, project, late }, true));
        const reject = this.button(t("Reject…"), () => void this.rule("late.reject", { judge, project, late }, false));
        return make("li", "ruling called", make("span", "", text), make("small", "muted", replaces), make("span", "cluster", accept, reject));
      },
      update: () => {},
    });
    keyed(this.setAside, review.set_aside, {
      key: ({ judge, project }) => `${judge} ${project}`,
      create: ({ judge, project, reason }) => {
        const text = t("Set aside: {judge} on {project}", { judge: this.judge(judge), project: this.project(project) });
        return make("li", "ruling", make("span", "", text), make("small", "muted", reason), this.button(t("Restore…"), () => void this.restore(judge, project)));
      },
      update: (row, { project }) => hideButtons(row, fixed || !this.isMine(project)),
    });
    const inForce = review.penalties.filter((one) => one.points > 0);
    keyed(this.penalties, inForce, {
      key: ({ project }) => project,
      create: ({ project }) =>
        make("li", "ruling", make("span"), make("small", "muted"), this.button(t("Lift…"), () => void this.lift(project))),
      update: (row, { project, points, reason }) => {
        const [text, why] = row.children;
        const amount = formatNumber(points / HUNDREDTHS, 2);
        if (text) write(text, t("Points off {project}: {points}", { project: this.project(project), points: amount }));
        if (why) write(why, reason);
        hideButtons(row, fixed || !this.mayPenalise(project));
      },
    });
  }

  /** @param {string} id */
  project(id) {
    return this.projects[id]?.name ?? id;
  }

  /** Is it this desk's to decide about the project? @param {string} project */
  isMine(project) {
    return (this.now?.review?.elsewhere?.[project] ?? "chair") === this.office;
  }

  /** A penalty may be the organiser's, whoever decides all else. @param {string} project */
  mayPenalise(project) {
    return this.office === "organiser" || this.isMine(project);
  }

  /** Is anything of it ever to be decided here? */
  someIsMine() {
    return this.office !== "deputy" || Object.keys(this.projects).some((id) => this.isMine(id));
  }

  async penalise() {
    const projects = Object.fromEntries(Object.entries(this.projects).filter(([id]) => this.mayPenalise(id)));
    await penalise(projects, this.now, this.act);
  }

  /** @param {string} id */
  judge(id) {
    return this.judges[id]?.name ?? id;
  }

  /** @param {string} label @param {() => void} act */
  button(label, act) {
    const button = make("button", "button small", label);
    button.type = "button";
    button.addEventListener("click", act);
    return button;
  }

  /** @param {"late.accept"|"late.reject"} type @param {{judge: string, project: string, late: number}} which @param {boolean} accept */
  async rule(type, which, accept) {
    const reason = await why(
      accept ? t("Accept the late ballot?") : t("Reject the late ballot?"),
      accept ? t("It then counts as if it had come in time.") : t("It will not count."),
      accept ? t("Accept") : t("Reject"),
    );
    if (reason) await this.act(type, { ...which, reason });
  }

  async void() {
    const given = this.now?.progress?.projects.filter(({ project }) => this.isMine(project)).flatMap(({ project, judges }) =>
      judges.filter((one) => one.state === "submitted" || one.state === "abstained").map((one) => [one.judge, project]),
    );
    if (!given?.length) return void (await ask({ title: t("No ballot to set aside"), text: t("No ballot is in yet."), yes: t("Close") }));
    /** @type {[string, string][]} */
    const options = given.map(([judge = "", project = ""]) => [`${judge} ${project}`, dotted([this.project(project), this.judge(judge)])]);
    const answers = await fillIn({
      title: t("Set a ballot aside"),
      text: t("It does not count, and this judge gives no more for the project. It can be restored until the count is closed."),
      yes: t("Set it aside"),
      choices: [{ id: "ballot", label: t("Whose ballot, for which project"), options }],
      reason: t("Your reason, which is published with the result"),
    });
    const [judge = "", project = ""] = answers?.ballot?.split(" ") ?? [];
    if (answers) await this.act("ballot.void", { judge, project, reason: answers.reason ?? "" });
  }

  /** @param {string} judge @param {string} project */
  async restore(judge, project) {
    const reason = await why(
      t("Restore the ballot?"),
      t("{judge} on {project}: it counts again.", { judge: this.judge(judge), project: this.project(project) }),
      t("Restore"),
    );
    if (reason) await this.act("ballot.restore", { judge, project, reason });
  }

  /** @param {string} project */
  async lift(project) {
    const reason = await why(t("Lift the penalty?"), this.project(project), t("Lift"));
    if (reason) await this.act("project.penalty", { project, points: 0, reason });
  }
}

/**
 * Why points and ballots stay as they are now; empty while they may be changed.
 * @param {Room} room
 */
export function rest({ review }) {
  if (review?.state !== "sealed" || !review.count?.closed) return "";
  return t("The count is closed: points off and ballots set aside stay as they are. For a late finding the chair asks that it be opened again.");
}

/** @param {Office | undefined} office */
export function decidedBy(office) {
  switch (office) {
    case "deputy":
      return t("The deputy chair decides: the chair has a conflict of interest, or came to the office when ties were known.");
    case "organiser":
      return t("An organiser decides, at the control desk: chair and deputy have a conflict of interest, or there is no deputy.");
    default:
      return t("The chair decides.");
  }
}

/** Not `disabled`: a button that loses its power keeps the focus. @param {HTMLElement} button @param {() => void} action */
function unlessDisabled(button, action) {
  button.addEventListener("click", () => button.getAttribute("aria-disabled") === "true" || action());
}

/**
 * Take points off a project: the chair's, or the organiser's.
 * @param {Named} projects @param {Room | null} room @param {Act} act
 */
export async function penalise(projects, room, act) {
  const turns = room?.rundown.slots.filter(({ status, project }) => (status === "done" || status === "live") && project in projects) ?? [];
  if (!turns.length) return void (await ask({ title: t("No project yet"), text: t("No project has pitched yet."), yes: t("Close") }));
  const answers = await fillIn({
    title: t("Take points off"),
    text: t("A new penalty takes the place of the project's earlier one. It can be lifted until the count is closed."),
    yes: t("Take the points off"),
    choices: [{ id: "project", label: t("Project"), options: turns.map(({ project }) => [project, projects[project]?.name ?? project]) }],
    amount: {
      id: "points",
      label: t("Points of 100"),
      hint: t("At most two decimals"),
      maximum: MOST_POINTS,
      error: t("Write a number from 0.01 to 100."),
    },
    reason: t("Your reason, which is published with the result"),
  });
  const { project = "", points, reason = "" } = answers ?? {};
  if (answers) await act("project.penalty", { project, points: Number(points), reason });
}

/** @param {string} title @param {string} text @param {string} yes */
export function why(title, text, yes) {
  return ask({ title, text, yes, input: { label: t("Your reason, which is published with the result"), ...page.reason } });
}

/** @param {HTMLElement} row @param {boolean} hidden */
function hideButtons(row, hidden) {
  for (const button of row.querySelectorAll("button")) button.hidden = hidden;
}

/** How a ballot came that waits for a word. @param {LateBallot} one @param {{judge: string, project: string, time: string}} names */
function cameText(one, names) {
  if (one.contested) return t("{judge} contests the ballot for {project} that was typed in from paper at {time}. Have the card brought.", names);
  if (one.paper) return t("A card of {judge} for {project} was typed in from paper at {time}, after the vote had closed.", names);
  return t("{judge} handed in a ballot for {project} at {time}, after the vote had closed.", names);
}

// The chair's view of the field's result: what is still missing, ties to settle, confirm. No score and no order is shown.

import { TextField, ask } from "./ask.js";
import { keyed, make, write } from "./dom.js";
import { formatNumber, t, tn } from "./i18n.js";

/**
 * @typedef {import("./live.js").Live} Live
 * @typedef {import("./protocol.js").Room} Room
 * @typedef {import("./protocol.js").ReviewView} ReviewView
 * @typedef {Record<string, {name: string}>} Projects
 * @typedef {{id: string, done: boolean, text: string, detail: string}} Step what must be so before the result can be confirmed
 */

const REASON = { minimum: 3, maximum: 500 };

/**
 * @param {Live} live
 * @param {string} room
 * @param {Projects} projects
 * @param {Record<string, {name: string}>} judges
 * @param {(calls: boolean) => void} oncall whether the chair has something to do here
 */
export function watchReview(live, room, projects, judges, oncall) {
  const panel = document.querySelector("#review");
  if (panel instanceof HTMLElement) new Review(live, room, projects, judges, panel, oncall);
}

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
  const ties = session.over ? (review?.ties.length ?? 0) : 0;
  return [
    {
      id: "turns",
      done: session.over,
      text: session.over
        ? t("Every project has had its turn.")
        : tn("{count} project is still to come.", "{count} projects are still to come.", ahead.length),
      detail: skipped.length ? t("Skipped: {names}", { names: skipped.join(", ") }) : "",
    },
    {
      id: "open",
      done: open.length === 0,
      text: open.length ? t("Voting is open: {names}", { names: open.map((one) => name(one.project)).join(", ") }) : t("No vote is open."),
      detail: "",
    },
    {
      id: "quorum",
      done: short.length === 0 && done.size > 0,
      text: short.length
        ? tn("{count} project is below the quorum and gets no place.", "{count} projects are below the quorum and get no place.", short.length)
        : done.size
          ? t("Every project that pitched has its quorum.")
          : t("No ballot is in yet."),
      detail: short
        .map((one) => {
          const late = one.judges.filter((judge) => judge.state === "waiting").map((judge) => judges[judge.judge]?.name ?? judge.judge);
          return t("{project}: no ballot from {names}", { project: name(one.project), names: late.join(", ") });
        })
        .join(". "),
    },
    {
      id: "ties",
      done: session.over && open.length === 0 && ties === 0,
      text: ties
        ? tn("{count} tie waits for your vote.", "{count} ties wait for your vote.", ties)
        : session.over && open.length === 0
          ? t("No tie is left to settle.")
          : t("Ties are shown here when the voting is over."),
      detail: "",
    },
  ];
}

class Review {
  /**
   * @param {Live} live @param {string} room @param {Projects} projects @param {Record<string, {name: string}>} judges
   * @param {HTMLElement} panel @param {(calls: boolean) => void} oncall
   */
  constructor(live, room, projects, judges, panel, oncall) {
    this.live = live;
    this.room = room;
    this.projects = projects;
    this.judges = judges;
    this.oncall = oncall;
    this.state = need(panel, "state");
    this.steps = need(panel, "steps");
    this.ties = need(panel, "ties");
    this.announced = need(panel, "announced");
    this.sequence = need(panel, "sequence");
    this.head = need(panel, "head");
    this.error = need(panel, "error");
    this.button = need(panel, "confirm");
    /** @type {Room | null} */
    this.now = null;
    this.busy = false;
    this.button.addEventListener("click", () => void this.confirm());
    live.follow(room, (now) => this.show(now));
  }

  /** @param {string} id */
  name(id) {
    return this.projects[id]?.name ?? id;
  }

  /** May the result be confirmed now? */
  get ready() {
    return Boolean(this.now?.session.over && this.now.review?.ready && this.now.review.state === "sealed");
  }

  /** @param {Room} now */
  show(now) {
    const { review, ceremony, session } = now;
    if (!review) return;
    this.now = now;
    const sealed = review.state === "sealed";
    write(this.state, sentence(now));
    this.state.dataset.state = review.state;
    this.steps.hidden = !sealed;
    keyed(this.steps, steps(now, this.projects, this.judges), {
      key: (step) => step.id,
      create: () => make("li", "", make("span"), make("small")),
      update: (row, step) => {
        row.dataset.done = String(step.done);
        write(/** @type {Element} */ (row.children[0]), step.text);
        write(/** @type {Element} */ (row.children[1]), step.detail);
      },
    });
    this.button.hidden = !sealed;
    this.button.setAttribute("aria-disabled", String(!this.ready));
    write(this.sequence, formatNumber(review.sequence));
    write(this.head, review.head);
    const ties = sealed && session.over ? review.ties : [];
    // A tie's form holds what the chair typed: it stays as long as its tie.
    keyed(this.ties, ties, {
      key: (tie) => tie.projects.join(" "),
      create: (tie) => this.tie(tie.projects),
      update: () => {},
    });
    keyed(this.announced, ceremony.announced, {
      key: (one) => String(one.place),
      create: (one) => {
        const medal = make("b", "medal", String(one.place));
        medal.dataset.place = String(one.place);
        const names = one.projects.map((id) => this.name(id)).join(", ");
        return make("li", "", medal, make("span", "", names), make("span", "figures muted", formatNumber(Number(one.score), 2)));
      },
      update: () => {},
    });
    this.oncall(this.ready || ties.length > 0);
  }

  /** @param {string[]} projects */
  tie(projects) {
    const order = [...projects];
    const list = make("ol", "tie-order");
    /** @param {number} index @param {number} by */
    const move = (index, by) => {
      const [moved] = order.splice(index, 1);
      if (moved !== undefined) order.splice(index + by, 0, moved);
      draw();
    };
    const draw = () =>
      keyed(list, order, {
        key: (project) => project,
        create: (project) => {
          const up = arrow("↑", t("Move {project} up", { project: this.name(project) }), () => move(order.indexOf(project), -1));
          const down = arrow("↓", t("Move {project} down", { project: this.name(project) }), () => move(order.indexOf(project), 1));
          return make("li", "", make("b", "figures"), make("span", "", this.name(project)), up, down);
        },
        update: (row, _project, index) => {
          const [place, , up, down] = row.children;
          if (place) write(place, `${index + 1}.`);
          up?.setAttribute("aria-disabled", String(index === 0));
          down?.setAttribute("aria-disabled", String(index === order.length - 1));
        },
      });
    draw();
    const reason = new TextField(`reason-${projects.join("-")}`, { label: t("Your reason, for the protocol"), ...REASON });
    reason.area.rows = 2;
    const go = make("button", "button primary", t("Cast the chair's vote"));
    const form = make(
      "form",
      "tie",
      make("h3", "", t("A tie for the chair to settle")),
      make("p", "small muted", t("Put the projects in order, the best first, and say why.")),
      list,
      reason.element,
      go,
    );
    form.noValidate = true;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (reason.check()) void this.act("result.settle", { order: [...order], reason: reason.value });
    });
    return form;
  }

  async confirm() {
    if (!this.ready || !this.now?.review) {
      this.error.textContent = t("Not yet: the list above says what is missing.");
      return;
    }
    const { review, rundown } = this.now;
    const pitched = new Set(rundown.slots.filter((slot) => slot.status === "done").map((slot) => slot.project));
    const short = review.incomplete.filter((id) => pitched.has(id)).map((id) => this.name(id));
    const answer = await ask({
      title: t("Confirm the result of this field?"),
      text: short.length
        ? t("Below the quorum, so without a place: {names}. After this no ballot can change.", { names: short.join(", ") })
        : t("Every project that pitched has its quorum. After this no ballot can change."),
      yes: t("Confirm the result"),
    });
    if (answer !== null) await this.act("result.confirm", { accept_incomplete: review.incomplete.length > 0 });
  }

  /** @param {string} type @param {Record<string, unknown>} fields */
  async act(type, fields) {
    if (this.busy) return;
    this.busy = true;
    this.error.textContent = "";
    try {
      await this.live.command(type, { room: this.room, ...fields });
    } catch (error) {
      const refusal = /** @type {import("./live.js").Refusal} */ (error);
      this.error.textContent = refusal.text || t("Not done: the server did not answer. Check the connection and press again.");
    } finally {
      this.busy = false;
    }
  }
}

/** @param {Room} room */
function sentence({ review, session, progress }) {
  switch (review?.state) {
    case "confirmed":
      return t("Confirmed. The organiser announces the places.");
    case "revealing":
      return t("The places are being announced.");
    case "revealed":
      return t("The podium is public.");
    default:
      if (!session.over) return t("You confirm when the field is over.");
      if (review?.ties.length) return t("A tie waits for your vote.");
      if (review?.ready) return t("All votes are in. You can confirm the result.");
      if (progress?.projects.some((one) => one.open)) return t("Voting is not finished.");
      return t("No project has enough ballots for a place.");
  }
}

/** @param {string} sign @param {string} label @param {() => void} act */
function arrow(sign, label, act) {
  const button = make("button", "button small", sign);
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.addEventListener("click", () => button.getAttribute("aria-disabled") === "true" || act());
  return button;
}

/** @param {HTMLElement} root @param {string} name @returns {HTMLElement} */
function need(root, name) {
  const found = root.querySelector(`[data-review=${name}]`);
  if (!(found instanceof HTMLElement)) throw new Error(`the review has no ${name}`);
  return found;
}

// The chair's panel: is the field complete, does a tie need the chair's vote, confirm. No score and no order is shown.

import { ask } from "./ask.js";
import { t, tn } from "./i18n.js";

/**
 * @typedef {import("./live.js").Live} Live
 * @typedef {import("./protocol.js").Room} Room
 * @typedef {Record<string, {name: string}>} Projects
 */

/** @param {Live} live @param {string} room @param {Projects} projects */
export function watchReview(live, room, projects) {
  const panel = document.querySelector("#review");
  if (panel instanceof HTMLElement) new Review(live, room, projects, panel);
}

class Review {
  /** @param {Live} live @param {string} room @param {Projects} projects @param {HTMLElement} panel */
  constructor(live, room, projects, panel) {
    this.live = live;
    this.room = room;
    this.projects = projects;
    this.state = need(panel, "[data-review=state]");
    this.missing = need(panel, "[data-review=missing]");
    this.ties = need(panel, "[data-review=ties]");
    this.head = need(panel, "[data-review=head]");
    this.error = need(panel, "[data-review=error]");
    this.button = /** @type {HTMLButtonElement} */ (need(panel, "[data-review=confirm]"));
    /** The order the chair is putting each tie in, kept while the page lives. @type {Map<string, string[]>} */
    this.orders = new Map();
    /** @type {Map<string, string>} */
    this.reasons = new Map();
    /** @type {import("./protocol.js").ReviewView | null} */
    this.review = null;
    this.drawn = "";
    this.button.addEventListener("click", () => void this.confirm());
    live.follow(room, (now) => this.show(now));
  }

  /** @param {string} id */
  name(id) {
    return this.projects[id]?.name ?? id;
  }

  /** @param {Room} now */
  show(now) {
    const review = now.review;
    if (!review) return;
    this.review = review;
    this.state.textContent = sentence(review);
    this.state.dataset.state = review.state;
    const waiting = now.progress?.projects.filter((one) => !one.quorum_met) ?? [];
    this.missing.textContent =
      waiting.length && review.state === "sealed"
        ? tn("{count} project is still short of the quorum.", "{count} projects are still short of the quorum.", waiting.length)
        : "";
    this.button.hidden = review.state !== "sealed";
    this.button.setAttribute("aria-disabled", String(!review.ready));
    this.head.textContent = review.head.slice(0, 16);
    this.head.title = review.head;
    // A tie's form holds what the chair typed: it is drawn again only when the ties themselves change.
    const ties = JSON.stringify(review.ties);
    if (ties !== this.drawn) {
      this.drawn = ties;
      this.ties.replaceChildren(...review.ties.map((tie) => this.tie(tie.projects)));
    }
  }

  /** @param {string[]} projects */
  tie(projects) {
    const key = projects.join(" ");
    const order = this.orders.get(key) ?? [...projects];
    this.orders.set(key, order);
    const form = document.createElement("form");
    form.className = "tie";
    const title = document.createElement("h3");
    title.textContent = t("A tie for the chair to settle");
    const hint = document.createElement("p");
    hint.textContent = t("Put the projects in order, the best first, and say why.");
    const list = document.createElement("ol");
    const draw = () => {
      list.replaceChildren(
        ...order.map((project, index) => {
          const item = document.createElement("li");
          const name = document.createElement("span");
          name.textContent = this.name(project);
          const up = document.createElement("button");
          up.type = "button";
          up.className = "button small";
          up.textContent = "↑";
          up.setAttribute("aria-label", t("Move {project} up", { project: this.name(project) }));
          up.disabled = index === 0;
          up.addEventListener("click", () => {
            order.splice(index - 1, 2, project, /** @type {string} */ (order[index - 1]));
            draw();
            list.querySelectorAll("button")[index - 1]?.focus();
          });
          item.append(up, name);
          return item;
        }),
      );
    };
    draw();
    const label = document.createElement("div");
    label.className = "field";
    const caption = document.createElement("label");
    caption.htmlFor = `reason-${projects[0]}`;
    caption.textContent = t("Your reason, for the protocol");
    const reason = document.createElement("textarea");
    reason.id = caption.htmlFor;
    reason.className = "input";
    reason.required = true;
    reason.minLength = 3;
    reason.maxLength = 500;
    reason.rows = 2;
    reason.value = this.reasons.get(key) ?? "";
    reason.addEventListener("input", () => this.reasons.set(key, reason.value));
    label.append(caption, reason);
    const go = document.createElement("button");
    go.className = "button primary";
    go.textContent = t("Cast the chair's vote");
    form.append(title, hint, list, label, go);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.act("result.settle", { order: [...order], reason: reason.value.trim() });
    });
    return form;
  }

  async confirm() {
    const review = this.review;
    if (!review) return;
    if (!review.ready) {
      this.error.textContent = review.ties.length
        ? t("Settle the tie first.")
        : t("Votes are still to come: confirm when every project has been through its voting.");
      return;
    }
    const names = review.incomplete.map((id) => this.name(id)).join(", ");
    const answer = await ask({
      title: t("Confirm the result of this field?"),
      text: names
        ? t("These projects have fewer ballots than the quorum and get no place: {names}. After this no ballot can change.", { names })
        : t("Every project has its quorum. After this no ballot can change. Nobody has seen a score yet, you neither."),
      yes: t("Confirm the result"),
    });
    if (answer !== null) await this.act("result.confirm", { accept_incomplete: review.incomplete.length > 0 });
  }

  /** @param {string} type @param {Record<string, unknown>} fields */
  async act(type, fields) {
    this.error.textContent = "";
    try {
      await this.live.command(type, { room: this.room, ...fields });
    } catch (error) {
      this.error.textContent = /** @type {import("./live.js").Refusal} */ (error).text;
    }
  }
}

/** @param {import("./protocol.js").ReviewView} review */
function sentence(review) {
  switch (review.state) {
    case "confirmed":
      return t("Confirmed. The organiser announces the places.");
    case "revealing":
      return t("The places are being announced.");
    case "revealed":
      return t("The podium is public.");
    default:
      return review.ready ? t("All votes are in. You can confirm the result.") : t("Voting is not finished.");
  }
}

/** @param {HTMLElement} root @param {string} selector @returns {HTMLElement} */
function need(root, selector) {
  const found = root.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(selector);
  return found;
}

// Why a judge gives no score: its kind, which is published, and their own words, which chair and organisers alone read.

import { dialogue, TextField } from "../lib/ask.js";
import { keyed, make, write } from "../lib/dom.js";
import { dotted, t } from "../lib/i18n.js";

/**
 * @typedef {import("../live/protocol.js").GroundsView} GroundsView
 * @typedef {import("../live/protocol.js").Unscored} Unscored
 * @typedef {Record<string, {name: string}>} Named
 * @typedef {{category: any, words: string}} Grounds `category`: one of those of what is asked about
 */

/** Kinds, as the judge says them. @param {"recused" | "abstained"} state @returns {Record<string, string>} */
function kinds(state) {
  return state === "recused"
    ? {
        works: t("I work for it or for its organisation"),
        stake: t("I have a share in it"),
        close: t("Family or friends"),
        advises: t("I teach, supervise or advise it"),
        rival: t("I work for a competitor"),
        other: t("Another conflict of interest"),
      }
    : {
        missed: t("I missed the pitch or a part of it"),
        subject: t("I know too little of the subject"),
        conflict: t("A conflict of interest that came to mind late"),
        other: t("Another reason"),
      };
}

/** The same, said of somebody. @param {Unscored} one */
function kindOf({ state, category }) {
  switch (`${state} ${category}`) {
    case "recused works":
      return t("works for it or for its organisation");
    case "recused stake":
      return t("has a share in it");
    case "recused close":
      return t("family or friends");
    case "recused advises":
      return t("teaches, supervises or advises it");
    case "recused rival":
      return t("works for a competitor");
    case "recused other":
      return t("another conflict of interest");
    case "abstained missed":
      return t("missed the pitch or a part of it");
    case "abstained subject":
      return t("knows too little of the subject");
    case "abstained conflict":
      return t("a conflict of interest that came to mind late");
    case "abstained other":
      return t("another reason");
    default:
      return "";
  }
}

/**
 * @param {"recused" | "abstained"} state
 * @param {{title: string, text: string, yes: string, danger?: boolean}} question
 * @param {{minimum: number, maximum: number}} length of words, if there are any
 * @returns {Promise<Grounds | null>} null: the answer is no
 */
export async function askGrounds(state, question, length) {
  const inputs = Object.entries(kinds(state)).map(([category, label]) => {
    const input = make("input");
    input.type = "radio";
    input.name = "category";
    input.value = category;
    return { input, row: make("label", "option", input, make("span", "", label)) };
  });
  const missing = make("p", "error", t("Choose what it is."));
  missing.id = "grounds-missing";
  missing.hidden = true;
  const set = make("fieldset", "field", make("legend", "", t("What it is: published with the result")), ...inputs.map((one) => one.row), missing);
  const words = new TextField("grounds-words", {
    label: t("In your own words: only the chair, the deputy chair and the organisers read this"),
    ...length,
  });
  words.area.required = false;
  const chosen = () => inputs.find((one) => one.input.checked)?.input.value ?? "";
  set.addEventListener("change", () => {
    missing.hidden = true;
    words.area.required = chosen() === "other";
    words.show("");
  });

  /** Whether it can be sent; says what is missing, and takes the focus there. */
  const check = () => {
    missing.hidden = chosen() !== "";
    if (!chosen()) inputs[0]?.input.focus();
    if (!chosen()) return false;
    return (!words.value && chosen() !== "other") || words.check();
  };
  const yes = await dialogue(question, [set, words.element], { check, focus: inputs[0]?.input });
  return yes ? { category: chosen(), words: words.value } : null;
}

/**
 * Who gave no score, and why. Hidden while there is nobody.
 * @param {HTMLElement} part with a `<ul>`
 * @param {GroundsView | undefined} view
 * @param {{projects: Named, judges: Named}} names
 */
export function drawUnscored(part, view, { projects, judges }) {
  const unscored = view?.unscored ?? [];
  part.hidden = unscored.length === 0;
  const list = /** @type {HTMLElement} */ (part.querySelector("ul"));
  keyed(list, unscored, {
    key: (one) => `${one.judge} ${one.project} ${one.round}`,
    create: () => make("li", "ruling", make("span"), make("small", "muted")),
    update: (row, one) => {
      const [who, why] = row.children;
      const state = one.state === "recused" ? t("conflict of interest") : t("abstained");
      const words = one.intact ? one.words : t("The words kept here are not those that were sent.");
      if (who) write(who, dotted([judges[one.judge]?.name ?? one.judge, projects[one.project]?.name ?? one.project, state]));
      if (why) write(why, dotted([kindOf(one), words]));
    },
  });
}

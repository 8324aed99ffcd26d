// Comparisons of one project with others, and what was chosen of each. Pure.

/**
 * @typedef {Record<string, number>} Halves what the card's project has of the point between it and each of the others
 * @typedef {"own" | "level" | "other"} Choice
 */

/** @type {Record<Choice, number>} */
const HALVES = { own: 2, level: 1, other: 0 };

/** @param {number | undefined} halves @returns {Choice | ""} empty: not compared */
export function choiceOf(halves) {
  const [found] = Object.entries(HALVES).filter(([, one]) => one === halves);
  return found ? /** @type {Choice} */ (found[0]) : "";
}

/** @param {Halves} given @param {string} other @param {Choice | ""} choice @returns {Halves} */
export function chosen(given, other, choice) {
  const { [other]: _before, ...rest } = given;
  return choice ? { ...rest, [other]: HALVES[choice] } : rest;
}

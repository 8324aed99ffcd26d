// Orders of projects, and what one step does to them. Pure.

/** @typedef {Record<string, number>} Places of each project: one more than there are projects ahead */

/** Projects by place, the best first; those of one place are level. @param {Places} places @returns {string[][]} */
export function levelsOf(places) {
  /** @type {Map<number, string[]>} */
  const levels = new Map();
  for (const [project, place] of Object.entries(places)) levels.set(place, [...(levels.get(place) ?? []), project]);
  return [...levels.keys()].sort((one, other) => one - other).map((place) => levels.get(place) ?? []);
}

/** Each one's place is one more than there are projects ahead. @param {string[][]} levels @returns {Places} */
export function placesOf(levels) {
  /** @type {Places} */
  const places = {};
  let ahead = 0;
  for (const level of levels) {
    for (const project of level) places[project] = ahead + 1;
    ahead += level.length;
  }
  return places;
}

/**
 * One step up or down: out of those level with it, where there are any; else past the next, or beside it if some may be level.
 * @param {string[][]} levels @param {string} project @param {-1 | 1} by @param {boolean} mayLevel
 * @returns {string[][]}
 */
export function moved(levels, project, by, mayLevel) {
  const at = levels.findIndex((level) => level.includes(project));
  const own = levels[at] ?? [];
  const rest = own.filter((one) => one !== project);
  const without = levels.map((level, index) => (index === at ? rest : level));
  if (rest.length) without.splice(by < 0 ? at : at + 1, 0, [project]);
  else if (!levels[at + by]) return levels;
  else if (mayLevel) without[at + by] = [...(levels[at + by] ?? []), project];
  else [without[at], without[at + by]] = [levels[at + by] ?? [], own];
  return without.filter((level) => level.length > 0);
}

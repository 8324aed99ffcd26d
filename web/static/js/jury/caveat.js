// What of a result hangs on ballots that are not there, in words for whoever confirms or signs it.

import { formatNumber, listed, t } from "../lib/i18n.js";

/**
 * @typedef {import("../live/protocol.js").Caveat} Caveat
 * @typedef {(id: string) => string} Name
 */

/** What people call it. @param {string} estimator */
function rule(estimator) {
  switch (estimator) {
    case "trimmed-mean":
      return t("the trimmed mean");
    case "mean":
      return t("the mean");
    default:
      return estimator;
  }
}

/**
 * Sentences; none of a result that hangs on nothing.
 * @param {Caveat | null | undefined} caveat
 * @param {Name} project
 * @param {Name} judge
 * @returns {string[]}
 */
export function caveatSentences(caveat, project, judge) {
  if (!caveat) return [];
  const { absent = [], provisional = false, declared = "", used = "", short = [], needed = 0, first = [] } = caveat;
  const said = [];
  if (used) {
    said.push(
      t("Instead of {rule}, which the rules name, {used} counts for the whole field, because fewer than {needed} ballots count for: {projects}.", {
        rule: rule(declared),
        used: rule(used),
        needed: formatNumber(needed),
        projects: listed(short.map(project)),
      }),
    );
  }
  if (first.length) said.push(t("By {rule}, this would be first: {projects}.", { rule: rule(declared), projects: listed(first.map(project)) }));
  if (provisional) said.push(t("The result is provisional: a missing ballot could move other projects than its own."));
  for (const one of absent) {
    said.push(t("No ballot came for {project} from: {judges}.", { project: project(one.project), judges: listed(one.judges.map(judge)) }));
  }
  return said;
}

/** In a line. @param {Caveat | null | undefined} caveat @param {boolean} over whether all have had their turn */
export function caveatLine(caveat, over) {
  if (!over) return t("Missing ballots are told when the voting is over.");
  if (!caveat) return t("No ballot is missing.");
  if (caveat.used) return t("Missing ballots change the rule that counts.");
  return caveat.provisional ? t("Ballots are missing: the result is provisional.") : t("Ballots are missing.");
}

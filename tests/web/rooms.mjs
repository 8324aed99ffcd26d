// Rooms and what is in them, for the tests to change.

/** A field of three projects of which the first is called. */
export function room(changes = {}) {
  return {
    id: "field",
    viewers: 1,
    session: session(),
    rundown: { section: "rundown", slots: [slot("alpha"), slot("beta"), slot("gamma")] },
    stage: { section: "stage", mode: "auto", lanes: {}, sources: [] },
    ceremony: { section: "ceremony", state: "sealed", announced: [], remaining: 0 },
    cards: { section: "cards", told: "ceremony", projects: [] },
    overall: { section: "overall", state: "none", announced: [], remaining: 0, confirmed_by: null, stands: false },
    heads: { section: "heads", rules: "", heads: [] },
    audience: { section: "audience", state: "closed", closes_at: null, votes: 0, result: null },
    ...changes,
  };
}

export function session(changes = {}) {
  const clock = { duration_ms: 0, ends_at: null, remaining_ms: null, warnings_ms: [], policy: null };
  const calm = { paused: false, muted: false, interrupted: false, over: false };
  return { section: "session", phase: "standby", slot: "slot-alpha", project: "alpha", clock, ...calm, ...changes };
}

export function slot(project, status = "waiting", planned_at = 0) {
  return { slot: `slot-${project}`, project, status, planned_at };
}

/** @param {...object} slots */
export function rundown(...slots) {
  return { section: "rundown", slots };
}

export function review(changes = {}) {
  const lists = { incomplete: [], ties: [], late: [], set_aside: [], penalties: [] };
  const rest = { ready: false, head: "", sequence: 0, version: 0, countersigned_by: null };
  const count = { count: { number: 1, closed: false }, asked: null, elsewhere: {} };
  return { section: "review", state: "sealed", ...lists, ...rest, ...count, ...changes };
}

export const PROJECTS = {
  alpha: { name: "Alpha", one_liner: "First of all", team: "A team", place: "Beijing" },
  beta: { name: "Beta", one_liner: "A second one", team: "B team", place: "Kazan" },
  gamma: { name: "Gamma", one_liner: "A third one", team: "C team", place: "Omsk" },
};

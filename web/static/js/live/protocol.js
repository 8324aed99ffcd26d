// Types only, mirrored from roadshow/live/protocol.py, rooms/views.py and voting/{results,review,votes}.py; no page loads this file.
// Times are milliseconds since the epoch (`_at`, `server_now`) or spans in milliseconds (`_ms`).

/** @typedef {"standby"|"pitch"|"questions"|"voting"|"closed"} Phase */
/** @typedef {"warn"|"mute"|"cut"} EndPolicy */
/** @typedef {"waiting"|"live"|"done"|"skipped"} SlotStatus */
/** @typedef {"auto"|"pitcher"|"feed"|"empty"} StageMode */
/** @typedef {"main"|"slides"|"floor-1"|"floor-2"|"floor-3"} Lane */

/**
 * `ends_at` while it runs, `remaining_ms` while it stands; both null when the phase has no clock.
 * @typedef {{duration_ms: number, ends_at: number|null, remaining_ms: number|null, warnings_ms: number[],
 *   policy: EndPolicy|null}} ClockView
 */
/**
 * @typedef {{section: "session", phase: Phase, slot: string|null, project: string|null, clock: ClockView,
 *   paused: boolean, muted: boolean, interrupted: boolean, over: boolean}} SessionView
 */
/** @typedef {{slot: string, project: string, status: SlotStatus, planned_at: number}} SlotView */
/** @typedef {{section: "rundown", slots: SlotView[]}} RundownView */
/** @typedef {{source: string, lane: string|null}} SourceView */
/**
 * `lanes`: lane to source, only for sources that are there.
 * @typedef {{section: "stage", mode: StageMode, lanes: Partial<Record<Lane, string>>, sources: SourceView[]}} StageView
 */
/** @typedef {"sealed"|"confirmed"|"revealing"|"revealed"} CeremonyState */
/** @typedef {{place: number, projects: string[], score: string}} PlaceView */
/**
 * `announced` in the order it was announced: 3, 2, 1.
 * @typedef {{section: "ceremony", state: CeremonyState, announced: PlaceView[], remaining: number}} CeremonyView
 */
/**
 * @typedef {{judge: string, state: "waiting"|"submitted"|"recused"|"abstained"|"void"|"late", revision: number}} JudgeProgress
 */
/** @typedef {{project: string, open: boolean, judges: JudgeProgress[], quorum_met: boolean}} ProjectProgress */
/** @typedef {{round: number, projects: ProjectProgress[]}} RevoteProgress */
/** @typedef {{section: "progress", projects: ProjectProgress[], revote: RevoteProgress|null}} ProgressView */
/** @typedef {{project: string, open: boolean, closes_at: number|null, round: number}} Window */
/** @typedef {{section: "windows", windows: Window[]}} WindowsView */
/** @typedef {{projects: string[], waits_for: "chair"|"re-vote"}} Tie */
/** @typedef {{judge: string, project: string, late: number, at: number, replaces: boolean}} LateBallot */
/** @typedef {{judge: string, project: string, reason: string}} SetAside */
/** @typedef {{project: string, points: number, reason: string, by: string}} Penalty `points`: hundredths */
/**
 * @typedef {{section: "review", state: CeremonyState|"awaiting", ready: boolean, incomplete: string[], ties: Tie[], head: string,
 *   sequence: number, late: LateBallot[], set_aside: SetAside[], penalties: Penalty[], version: number,
 *   countersigned_by: string|null}} ReviewView
 */
/**
 * `votes`: how many have voted. `result` once announced, most votes first.
 * @typedef {{section: "audience", state: "closed"|"open"|"counted", closes_at: number|null, votes: number,
 *   result: {project: string, votes: number}[]|null}} AudienceView
 */
/**
 * @typedef {{session: SessionView, rundown: RundownView, stage: StageView, ceremony: CeremonyView,
 *   progress: ProgressView, review: ReviewView, windows: WindowsView, audience: AudienceView}} Sections
 */

/**
 * @typedef {{poll: string, judge: string, project: string, revision: number, command: string,
 *   scores: Record<string, number>, cast_at: number, ballot_hash: string, sequence: number, signature: string,
 *   recused: boolean, abstained: boolean, late: boolean, round: number}} Receipt
 */
/**
 * @typedef {{project: string, revision: number, scores: Record<string, number>, recused: boolean,
 *   receipt: Receipt|null, abstained: boolean, round: number}} OwnBallot
 */

/** @typedef {{type: "welcome", server_now: number, role: string, person: string|null, retry_ms: number}} Welcome */
/** @typedef {{type: "clock.pong", sent: number, server_now: number}} ClockPong */
/**
 * @typedef {{type: "room.snapshot", room: string, epoch: string, offset: number, server_now: number,
 *   viewers: number} & Pick<Sections, "session"|"rundown"|"stage"|"ceremony"|"audience"> & Partial<Sections>} RoomState
 */
/**
 * @typedef {{type: "room.changed", room: string, epoch: string, offset: number, server_now: number}
 *   & Partial<Sections>} RoomChanged
 */
/** @typedef {{type: "room.viewers", room: string, viewers: number}} Viewers */
/**
 * @typedef {{type: "ballot.own", room: string, ballots: OwnBallot[], recused: string[], late: OwnBallot[],
 *   revote: OwnBallot[], set_aside: string[]}} OwnBallots
 */
/** @typedef {{type: "ballot.accepted", command: string, receipt: Receipt}} BallotAccepted */
/** @typedef {{type: "audience.own", room: string, project: string}} OwnVote */
/** @typedef {{type: "audience.accepted", command: string, project: string}} AudienceAccepted */
/** @typedef {{type: "command.accepted", command: string}} CommandAccepted */
/**
 * @typedef {{type: "refused", command: string|null, code: string, text: string,
 *   details: Record<string, string|number>, retry: boolean}} Refused
 */
/** @typedef {{type: "superseded", reason: "revoked"}} Superseded */
/**
 * @typedef {Welcome|ClockPong|RoomState|RoomChanged|Viewers|OwnBallots|BallotAccepted|CommandAccepted|Refused
 *   |OwnVote|AudienceAccepted|Superseded} ToBrowser
 */

/**
 * A room as far as this page may know it. `progress`, `review` and `windows` are null for whoever may not see them.
 * @typedef {{id: string, session: SessionView, rundown: RundownView, stage: StageView, ceremony: CeremonyView,
 *   viewers: number, progress: ProgressView|null, review: ReviewView|null, windows: WindowsView|null,
 *   audience: AudienceView}} Room
 */

export {};

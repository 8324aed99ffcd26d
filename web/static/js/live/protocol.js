// The messages of /live as types, made from roadshow/live/protocol.py by scripts/protocol_types.py: change them there.
// docs/protocol.md explains them; no page loads this file.
// Times are milliseconds since the epoch (`_at`, `server_now`) or spans in milliseconds (`_ms`).

/**
 * First on every connection.
 * @typedef {{type: "welcome", server_now: number, role: string, person: string|null, retry_ms: number}} Welcome
 */
/** @typedef {{type: "clock.pong", sent: number, server_now: number}} ClockPong */
/** @typedef {"standby"|"pitch"|"questions"|"voting"|"closed"} Phase */
/** @typedef {"warn"|"mute"|"cut"} EndPolicy */
/**
 * `ends_at` while it runs, `remaining_ms` while it stands; both null when the phase has no clock.
 * @typedef {{duration_ms: number, ends_at: number|null, remaining_ms: number|null, warnings_ms: number[],
 *   policy: EndPolicy|null}} ClockView
 */
/**
 * @typedef {{section: "session", phase: Phase, slot: string|null, project: string|null, clock: ClockView, paused: boolean,
 *   muted: boolean, interrupted: boolean, over: boolean}} SessionView
 */
/** @typedef {"waiting"|"live"|"done"|"skipped"} SlotStatus */
/** @typedef {{slot: string, project: string, status: SlotStatus, planned_at: number}} SlotView */
/** @typedef {{section: "rundown", slots: SlotView[]}} RundownView */
/** @typedef {"auto"|"pitcher"|"feed"|"empty"} StageMode */
/** @typedef {{source: string, lane: string|null}} SourceView */
/** @typedef {{section: "stage", mode: StageMode, lanes: Record<string, string>, sources: SourceView[]}} StageView */
/** @typedef {"sealed"|"awaiting"|"confirmed"|"revealing"|"revealed"} CeremonyState */
/**
 * One place of the podium. Several projects may share it.
 * @typedef {{place: number, projects: string[], score: string, prize: string|null}} PlaceView
 */
/**
 * Public: holds nothing that is not revealed.
 * @typedef {{section: "ceremony", state: CeremonyState, announced: PlaceView[], remaining: number, after: number,
 *   amended: boolean}} CeremonyView
 */
/**
 * One judge's, as the screens show it.
 * @typedef {{judge: string|null, number: number,
 *   state: "absent"|"abstained"|"elsewhere"|"recused"|"replaced"|"shadow"|"submitted"|"void", total: string,
 *   dropped: boolean}} Card
 */
/** @typedef {{project: string, at: number, cards: Card[], score: string, estimator: string, penalty: string}} ShownProject */
/**
 * For everybody: the cards that were shown.
 * @typedef {{section: "cards", told: "after-each"|"ceremony"|"chair"|"one-later", projects: ShownProject[]}} CardsView
 */
/**
 * Public: all that it is made of is published before it can be confirmed.
 * @typedef {{section: "overall", state: "awaiting"|"confirmed"|"none"|"ready"|"revealed"|"revealing"|"waiting",
 *   announced: PlaceView[], remaining: number, confirmed_by: string|null, stands: boolean}} OverallView
 */
/**
 * Everything up to an entry.
 * @typedef {{when: "amended"|"closed"|"confirmed"|"counted", hash: string, entries: number, at: number}} ToldHead
 */
/**
 * Public.
 * @typedef {{section: "heads", rules: string, heads: ToldHead[]}} HeadsView
 */
/**
 * @typedef {{judge: string, state: "abstained"|"late"|"recused"|"submitted"|"void"|"waiting", revision: number,
 *   shadow: boolean, paper: boolean}} JudgeProgress
 */
/** @typedef {{project: string, open: boolean, judges: JudgeProgress[], quorum_met: boolean}} ProjectProgress */
/**
 * The newest re-vote.
 * @typedef {{round: number, projects: ProjectProgress[]}} RevoteProgress
 */
/**
 * A project whose cards can be shown now.
 * @typedef {{project: string, missing: number, waits: ""|"late"|"paper"|"quorum"}} Showable
 */
/**
 * For control and the chair: who has submitted, never what.
 * @typedef {{section: "progress", projects: ProjectProgress[], revote: RevoteProgress|null, showable: Showable[]}} ProgressView
 */
/**
 * Projects whose order within the podium only a vote can settle, in the order of the rundown.
 * @typedef {{projects: string[], waits_for: "casting-vote"|"chair"|"jury"|"re-vote", decided_by: "chair"|"deputy"|"organiser",
 *   judges: number|null, quorum: number, question: number}} Tie
 */
/**
 * That it came, not what is in it.
 * @typedef {{judge: string, project: string, late: number, at: number, replaces: boolean,
 *   decided_by: "chair"|"deputy"|"organiser", paper: boolean, contested: "not-mine"|"otherwise"|null}} LateBallot
 */
/**
 * A judge's ballots for a project do not count, by the chair's act `void`, until `restore`.
 * @typedef {{judge: string, project: string, reason: string}} SetAside
 */
/**
 * Points off a project. A newer penalty replaces it; one of 0 points lifts it.
 * @typedef {{project: string, points: number, reason: string, by: string}} Penalty
 */
/**
 * Counting what was given: the first count is open from the first window on. The chair closes it, and only then is told who
 * stands level; from there on nothing moves a score, unless a new count is opened by two people.
 * @typedef {{number: number, closed: boolean}} Count
 */
/**
 * That the count be opened again. Waits for a second person's signature; a newer request takes its place.
 * @typedef {{sequence: number, by: string, reason: string}} Asked
 */
/** @typedef {{judge: string, key: string, asked: number, let_in: string|null}} JudgeKey */
/**
 * Somebody of the reserve has a judge's seat from a project on; or it is asked that they take it.
 * @typedef {{judge: string, substitute: string, project: string, reason: string, by: string, asked: number}} Substitution
 */
/**
 * What can still become of the field, if everybody scores who may.
 * @typedef {{short: string[], estimator: string}} Prospect
 */
/** @typedef {{without: Prospect, seated: Prospect}} Preview */
/**
 * Somebody asks that one of the reserve take a judge's seat; what it does is said before anybody signs.
 * @typedef {{asked: Substitution, decided_by: "chair"|"deputy"|"organiser", preview: Preview}} OfferedSeat
 */
/**
 * What is striking in the judges' cards, by the rules of thumb of the definition. It decides nothing.
 * @typedef {{apart: string[], alike: string[]}} Striking
 */
/**
 * An award that waits for a vote.
 * @typedef {{award: string, waits_for: "casting-vote"|"jury", question: number, level: string[], projects: string[],
 *   missed: boolean, decided_by: "chair"|"deputy"|"organiser"}} Unvoted
 */
/**
 * Nothing came for the project from these judges, nor a reason; from others scores did.
 * @typedef {{project: string, judges: string[]}} Absence
 */
/**
 * What of a result hangs on ballots that are not there.
 * @typedef {{absent?: Absence[], provisional?: boolean, declared?: string, used?: string, short?: string[], needed?: number,
 *   first?: string[]}} Caveat
 */
/**
 * Somebody has the chair's office; or it is asked that they have it.
 * @typedef {{chair: string, reason: string, by: string, asked: number, count: number|null}} PassedChair
 */
/**
 * What it does that somebody has the chair's office. Judges, quorum and estimator stay as they are.
 * @typedef {{elsewhere: Record<string, "chair"|"deputy"|"organiser">, votes: boolean, settles: boolean,
 *   deputy: string|null}} Outlook
 */
/**
 * Somebody asks that the chair's office pass; what it does is said before anybody signs.
 * @typedef {{asked: PassedChair, outlook: Outlook}} OfferedChair
 */
/**
 * Who leads the poll now.
 * @typedef {{chair: string, deputy: string|null, passed: PassedChair[], offered: OfferedChair|null,
 *   candidates: string[]}} OfficeView
 */
/**
 * What the chair sees before confirming: completeness and ties, no score and no order.
 * @typedef {{section: "review", state: CeremonyState, ready: boolean, incomplete: string[], ties: Tie[], head: string,
 *   sequence: number, late: LateBallot[], set_aside: SetAside[], penalties: Penalty[], version: number,
 *   countersigned_by: string|null, count: Count, asked: Asked|null, asked_keys: JudgeKey[],
 *   elsewhere: Record<string, "chair"|"deputy"|"organiser">, reserve: string[], substitutions: Substitution[],
 *   offered: OfferedSeat|null, striking: Striking, cards: ShownProject[], may_deliberate: boolean, unvoted: Unvoted[],
 *   caveat: Caveat|null, office: OfficeView|null}} ReviewView
 */
/**
 * Who gave no score for what, and why.
 * @typedef {{judge: string, project: string, state: "abstained"|"recused", round: number, category: string, words: string,
 *   intact: boolean}} Unscored
 */
/**
 * For chair, deputy and control.
 * @typedef {{section: "grounds", unscored: Unscored[]}} GroundsView
 */
/**
 * `closes_at` null: open until told otherwise.
 * @typedef {{project: string, open: boolean, closes_at: number|null, round: number}} Window
 */
/**
 * For the jury and control: where scores are taken.
 * @typedef {{section: "windows", windows: Window[], chair: string|null}} WindowsView
 */
/**
 * @typedef {{question: number, award: string|null, projects: string[], jury: string[], voted: string[], until: number,
 *   state: "held"|"level"|"missed"|"open", quorum: number, decided_by: "chair"|"deputy"|"organiser"}} QuestionView
 */
/**
 * For the jury and control: the newest question, until the result is confirmed.
 * @typedef {{section: "questions", newest: QuestionView|null}} QuestionsView
 */
/**
 * For clerks, the jury and control. Neither whose cards there are nor what is on them.
 * @typedef {{section: "papers", stamp: string}} PapersView
 */
/**
 * For an auditor: how far the ledger is. Its entries are asked for.
 * @typedef {{section: "ledger", sequence: number, head: string, rules: string}} LedgerView
 */
/** @typedef {"closed"|"open"|"counted"} AwardState */
/** @typedef {{project: string, votes: number}} ProjectVotes */
/**
 * What everybody may know. Who leads is told nobody before the announcement.
 * @typedef {{section: "audience", state: AwardState, closes_at: number|null, votes: number,
 *   winners: ProjectVotes[]|null}} AudienceView
 */
/** @typedef {"organiser"|"chair"|"deputy"|"judge"|"pitcher"|"clerk"|"auditor"|"audience"} Role */
/** @typedef {{by: string, at: number}} Heard */
/**
 * @typedef {{number: number, by: string, role: Role, kind: "card"|"other"|"stage"|"time", words: string, at: number,
 *   heard: Heard|null}} Call
 */
/**
 * For control.
 * @typedef {{section: "calls", calls: Call[]}} CallsView
 */
/** @typedef {"one_address"|"more_than_viewers"} Doubt */
/**
 * For control: whether the votes look like an audience's, and what they came to. Addresses themselves are told nobody.
 * @typedef {{section: "turnout", votes: number, viewers: number, largest: number, doubt: Doubt|null,
 *   result: ProjectVotes[]|null}} TurnoutView
 */
/** @typedef {"full"|"slides"|"another"} Verdict */
/** @typedef {"unreached"|"stream"|"rate"|"delay"|"spread"|"loss"} Reason */
/**
 * A pitcher's newest check; without `verdict`: there is none.
 * @typedef {{person: string, project: string, verdict: Verdict|null, reasons: Reason[], at: number|null,
 *   old_at: number|null}} LineView
 */
/** @typedef {{section: "lines", lines: LineView[]}} LinesView */
/**
 * All sections the follower may see; replaces everything known.
 * @typedef {{type: "room.snapshot", room: string, epoch: string, offset: number, server_now: number, viewers: number,
 *   session?: SessionView, rundown?: RundownView, stage?: StageView, ceremony?: CeremonyView, cards?: CardsView,
 *   overall?: OverallView, heads?: HeadsView, progress?: ProgressView, review?: ReviewView, grounds?: GroundsView,
 *   windows?: WindowsView, questions?: QuestionsView, papers?: PapersView, ledger?: LedgerView, audience?: AudienceView,
 *   calls?: CallsView, turnout?: TurnoutView, lines?: LinesView}} RoomState
 */
/**
 * The new values of sections that changed together. `offset` is one more than the event's before; a gap means: follow again.
 * @typedef {{type: "room.changed", room: string, epoch: string, offset: number, server_now: number, session?: SessionView,
 *   rundown?: RundownView, stage?: StageView, ceremony?: CeremonyView, cards?: CardsView, overall?: OverallView,
 *   heads?: HeadsView, progress?: ProgressView, review?: ReviewView, grounds?: GroundsView, windows?: WindowsView,
 *   questions?: QuestionsView, papers?: PapersView, ledger?: LedgerView, audience?: AudienceView, calls?: CallsView,
 *   turnout?: TurnoutView, lines?: LinesView}} RoomChanged
 */
/**
 * How many follow the room; at most once a second, and not numbered.
 * @typedef {{type: "room.viewers", room: string, viewers: number}} Viewers
 */
/**
 * After `follow`: what this browser's vote for the audience award is for.
 * @typedef {{type: "audience.own", room: string, project: string}} OwnVote
 */
/**
 * Durable: the browser's vote counts for this project.
 * @typedef {{type: "audience.accepted", command: string, project: string}} AudienceAccepted
 */
/**
 * Proof that a ballot was stored durably: it repeats what was stored, binds the rules and the whole ledger up to there, and is
 * signed (Ed25519, base64url).
 * @typedef {{poll: string, judge: string, project: string, revision: number, command: string, scores: Record<string, number>,
 *   cast_at: number, ballot_hash: string, sequence: number, rules: string, parent: string, entry: string, signature: string,
 *   recused: boolean, abstained: boolean, late: boolean, round: number, signed: string, sealed: string}} Receipt
 */
/**
 * @typedef {{project: string, revision: number, scores: Record<string, number>, recused: boolean, receipt: Receipt|null,
 *   abstained: boolean, round: number}} OwnBallot
 */
/**
 * To a judge, after `follow`: what the store holds of their own ballots.
 * @typedef {{type: "ballot.own", room: string, ballots: OwnBallot[], recused: string[], public_key: string,
 *   elsewhere: string[], replaced: string[], late: OwnBallot[], revote: OwnBallot[], set_aside: string[],
 *   elsewhere_since: number[], key: string|null, asked_key: string|null, papers: string[]}} OwnBallots
 */
/**
 * Durable. The receipt repeats what was stored.
 * @typedef {{type: "ballot.accepted", command: string, receipt: Receipt}} BallotAccepted
 */
/**
 * To a judge's other sockets: their ballots in this room are not what they were. `follow` tells what they are.
 * @typedef {{type: "ballot.changed", room: string, project: string}} BallotChanged
 */
/**
 * To whoever may call, after `follow` and at each change: their own call, and whether control has heard it.
 * @typedef {{type: "call.own", room: string, call: Call|null, withdrawn: boolean}} OwnCall
 */
/** @typedef {{type: "command.accepted", command: string}} CommandAccepted */
/**
 * A message was not acted on. `text` is in the connection's language; `retry` says that sending the same command again later
 * may succeed (a dependency was away, a rate limit).
 * @typedef {{type: "refused", command: string|null, code: string, text: string, details: Record<string, string|number>,
 *   retry: boolean}} Refused
 */
/**
 * The sign-in behind this connection has ended; the connection closes. Nothing typed is lost.
 * @typedef {{type: "superseded", reason: "ended"|"expired"|"revoked"}} Superseded
 */
/**
 * @typedef {Welcome|ClockPong|RoomState|RoomChanged|Viewers|OwnVote|AudienceAccepted|OwnBallots|BallotAccepted|BallotChanged|
 *   OwnCall|CommandAccepted|Refused|Superseded} ToBrowser
 */
/**
 * A section that everybody sees, so that it is in every snapshot.
 * @typedef {"session"|"rundown"|"stage"|"ceremony"|"cards"|"overall"|"heads"|"audience"} OpenSection
 */
/**
 * What the sender saw when pressing the button: a double click or an old page must not act twice.
 * @typedef {{phase: Phase, slot: string|null}} Expected
 */
/**
 * What a browser may send, by `type`.
 * @typedef {{
 *   "follow": {room: string, epoch?: string, offset?: number},
 *   "clock.ping": {sent: number},
 *   "audience.vote": {command: string, room: string, project: string},
 *   "audience.open": {command: string, room: string, seconds?: number|null},
 *   "audience.close": {command: string, room: string},
 *   "audience.announce": {command: string, room: string},
 *   "ballot.cast": {command: string, room: string, project: string, scores: Record<string, number>, expected_revision: number,
 *     key?: string, signature?: string, round?: number},
 *   "ballot.late": {command: string, room: string, project: string, scores: Record<string, number>, expected_revision: number,
 *     key?: string, signature?: string},
 *   "ballot.abstain": {command: string, room: string, project: string, category: "conflict"|"missed"|"other"|"subject",
 *     expected_revision: number, words?: string, round?: number, key?: string, signature?: string},
 *   "ballot.recuse": {command: string, room: string, project: string,
 *     category: "advises"|"close"|"other"|"rival"|"stake"|"works", words?: string, key?: string, signature?: string},
 *   "call.make": {command: string, room: string, kind: "card"|"other"|"stage"|"time", words?: string},
 *   "call.withdraw": {command: string, room: string},
 *   "call.hear": {command: string, room: string, call: number},
 *   "chair.ask": {command: string, room: string, chair: string, count: number|null, reason: string},
 *   "chair.sign": {command: string, room: string, asked: number},
 *   "key.ask": {command: string, room: string, key: string},
 *   "key.sign": {command: string, room: string, asked: number, judge: string},
 *   "overall.confirm": {command: string, room: string},
 *   "overall.countersign": {command: string, room: string},
 *   "overall.reveal": {command: string, room: string, announced: number},
 *   "jury.deliberate": {command: string, room: string},
 *   "jury.ask": {command: string, room: string, projects: string[], seconds: number, award?: string|null},
 *   "jury.vote": {command: string, room: string, question: number, choice?: string|null, key?: string, signature?: string},
 *   "jury.casting": {command: string, room: string, question: number, reason: string, choice?: string|null},
 *   "ballot.void": {command: string, room: string, judge: string, project: string, reason: string},
 *   "ballot.restore": {command: string, room: string, judge: string, project: string, reason: string},
 *   "late.accept": {command: string, room: string, judge: string, project: string, late: number, reason: string},
 *   "late.reject": {command: string, room: string, judge: string, project: string, late: number, reason: string},
 *   "project.penalty": {command: string, room: string, project: string, points: number, reason: string},
 *   "result.revote": {command: string, room: string, projects: string[], reason: string, seconds?: number|null},
 *   "result.revote_close": {command: string, room: string},
 *   "result.settle": {command: string, room: string, order: string[], reason: string},
 *   "count.close": {command: string, room: string, count: number},
 *   "count.ask": {command: string, room: string, count: number, reason: string},
 *   "count.reopen": {command: string, room: string, asked: number},
 *   "cards.show": {command: string, room: string, project: string, missing: number},
 *   "result.confirm": {command: string, room: string, accept_incomplete?: boolean},
 *   "result.countersign": {command: string, room: string, version: number},
 *   "result.reveal": {command: string, room: string, announced: number},
 *   "seat.ask": {command: string, room: string, judge: string, substitute: string, project: string, reason: string},
 *   "seat.sign": {command: string, room: string, asked: number, substitute: string},
 *   "session.start": {command: string, room: string, expected: Expected},
 *   "session.pause": {command: string, room: string},
 *   "session.resume": {command: string, room: string},
 *   "session.add_time": {command: string, room: string, seconds: number},
 *   "session.next": {command: string, room: string, expected: Expected},
 *   "session.back": {command: string, room: string, expected: Expected},
 *   "slot.skip": {command: string, room: string, slot: string},
 *   "slot.defer": {command: string, room: string, slot: string},
 *   "stage.select": {command: string, room: string, mode: StageMode},
 * }} FromBrowser
 */

export {};

// Reads what the server put into the page for its scripts, says when they have run, and keeps the reader's choice of light or dark.

/**
 * @typedef {{id: string, title: string, starts_at: number}} PageRoom
 * @typedef {{id: string, name: string, role: string, project: string|null}} PagePerson
 * @typedef {{name: string, one_liner: string, team: string, place: string, url: string}} PageProject
 * @typedef {{score: number, text: string}} Anchor
 * @typedef {{id: string, title: string, hint: string, weight: number, share: string, maximum: number,
 *   steps: number, anchors: Anchor[], taken_from?: "total" | "points"}} PageCriterion
 * @typedef {{title: string, lines: string[], figure: string}} PageSlide
 * @typedef {import("../line/check.js").LinePage} PageLine
 */

/**
 * A page has those keys that docs/architecture.md gives it.
 * @typedef {object} Page
 * @property {string} language
 * @property {string} time_zone of the event
 * @property {Record<string, string|Record<string, string>>} messages
 * @property {string} live
 * @property {PageRoom} room
 * @property {PagePerson} person
 * @property {Record<string, PageProject>} projects
 * @property {Record<string, PageProject>} [all_projects] of all fields, where the rules have a podium of them together
 * @property {Record<string, string>} [prizes] hall, watch and results: what prizes by place are called, if there are any
 * @property {string} whep
 * @property {string} voters the watch page: where a token for the audience award is fetched
 * @property {string} [watch_token] desks and practice; the audience needs none
 * @property {{minimum: number, maximum: number}} reason desks: characters of the reason that an act asks for
 * @property {string} media control desk: where the figures of picture and sound are
 * @property {string} feed control desk: below it, the encoders of its room's feed
 * @property {string} whip
 * @property {string} publish_token
 * @property {RTCIceServer[]} ice_servers
 * @property {PageCriterion[]} criteria
 * @property {Record<string, {name: string, chair: boolean}>} judges
 * @property {{chair_settles: boolean, far_apart: number, all_alike: number, deliberation: number, awards: Record<string, string>, ballots: "scores" | "orders" | "pairs", level_places: boolean}} rules judge's and control desk;
 *   `awards`: what those are called on which a vote decides
 * @property {string|null} [enrol] judge's desk: where a key of the judge's own is enrolled, if the rules ask for one
 * @property {Record<string, string[]>|null} [opponents] judge's desk: with which others they compare each project, where ballots are pairs
 * @property {PageSlide[]} deck
 * @property {string} draft a team's objection: under which name the browser keeps what is typed
 * @property {string} notes judge's desk: what the names begin with under which the browser keeps their notes
 * @property {PageLine} line pitcher's desk and practice: the line check
 * @property {Record<string, string>} pitchers control desk: the names of those who pitch in the field
 * @property {Record<string, string>} people audit and control desk: everybody's name
 * @property {string} card paper: where it is asked whose card a code is
 * @property {string} entries audit: where the ledger's entries are asked for
 * @property {string} record audit: where the record will be
 * @property {string[]} rooms
 * @property {Record<string, import("../live/protocol.js").CeremonyView>} ceremonies of each room, as the page was made
 * @property {import("../live/protocol.js").Receipt[]} [receipts] a judge's receipts, to be printed
 * @property {string} [key] beside them: what they are signed with
 * @property {import("../live/protocol.js").OverallView} [overall] results of all fields: as the page was made
 */

/** @type {Page} */
export const page = JSON.parse(document.getElementById("page")?.textContent ?? "{}");

const YEAR = 365 * 24 * 60 * 60;
const root = document.documentElement;
const themes = document.getElementById("theme");

themes?.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (!button) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${button.value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  root.dataset.theme = button.value;
  const ground = getComputedStyle(document.body).backgroundColor;
  for (const meta of document.querySelectorAll("meta[name=theme-color]")) meta.setAttribute("content", ground);
  for (const other of themes.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
});

/**
 * The page's script is there, and has run: what stood in for it goes, and the desk takes keys and presses. The last line of each
 * page's own module.
 */
export function ready() {
  document.getElementById("unscripted")?.remove();
  document.getElementById("main")?.removeAttribute("inert");
}

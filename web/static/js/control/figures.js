// Control's figures of picture and sound: how each source comes in, how viewers get it, how busy the machine is.

import { keyed, make, must, write } from "../lib/dom.js";
import { dotted, formatNumber, formatRate, formatShare, sentences, t, tn } from "../lib/i18n.js";
import { EncoderList } from "./encoders.js";
import { kindName } from "./greenroom.js";
import { notedLine, troubleAdvice, whyUnseen, withoutPicture } from "./troubles.js";

/**
 * As roadshow/desks/media.py gives it.
 * @typedef {"good"|"weak"|"lost"} Condition
 * @typedef {{source: string, video: boolean, condition: Condition, bits_per_second: number, loss: number,
 *   round_trip_ms: number|null, trouble: string|null, blind: number,
 *   layers: {name: string, codec: string, live: boolean}[]}} MediaSource
 * @typedef {{loss: number, round_trip_ms: number|null, bandwidth: number|null, lanes: Record<string, string>,
 *   sees_less: boolean}} WorstViewer
 * @typedef {{load: number|null, crowd: number|null, lost_before_reading: number, sources: MediaSource[], encoders: import("./encoders.js").Encoder[], worst?: WorstViewer[],
 *   notices: string[], blind: import("./troubles.js").Blind[], noted: import("./troubles.js").Noted[],
 *   viewers: {connected: number, joining: number, failed: number, see_less: number, worst_loss: number, round_trip_ms: number|null}}} Media
 */

const EVERY_MS = 2000;
const PATIENCE_MS = 5000;
/** From here on the server takes on no new viewers. */
const BUSY = 0.8;
/** What is said of a moment of overload stays so long that somebody can read it. */
const SAY_LOSS_MS = 10_000;
const BADGES = { good: "badge good", weak: "badge warn", lost: "badge bad" };

/**
 * Ask for the figures as long as the page is looked at.
 * @param {string} address
 * @param {string} feed the address of the feed's encoders
 * @param {Record<string, {name: string}>} projects
 */
export function watchMedia(address, feed, projects) {
  const encoders = new EncoderList(feed);
  const panel = must("#media");
  const worst = /** @type {HTMLDetailsElement} */ (must("#media-worst"));
  const open = /** @type {HTMLDetailsElement} */ (must("#media > details"));
  let asking = false;
  let timer = 0;
  let lostSoFar = Infinity;
  let lossSaidUntil = 0;

  async function ask() {
    if (asking || document.hidden) return;
    asking = true;
    clearTimeout(timer);
    try {
      const listed = open.open && worst.open;
      const answer = await fetch(listed ? `${address}?worst=1` : address, {
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      /** @type {Media} */
      const media = await answer.json();
      if (media.lost_before_reading > lostSoFar) lossSaidUntil = performance.now() + SAY_LOSS_MS;
      lostSoFar = media.lost_before_reading;
      panel.removeAttribute("data-stale");
      draw(media);
    } catch {
      panel.setAttribute("data-stale", "");
      drawNothing();
    } finally {
      asking = false;
      timer = setTimeout(() => void ask(), EVERY_MS);
    }
  }

  /** Of what is not known, the last word must not stand. */
  function drawNothing() {
    panel.dataset.condition = "none";
    const word = must("#media-word");
    word.className = "badge";
    write(word, "");
    must("#media-busy").hidden = true;
    write(must("#media-said"), t("No figures just now."));
    write(must("#media-line"), t("No figures just now."));
  }

  /** @param {Media} media */
  function draw(media) {
    const condition = overall(media.sources);
    panel.dataset.condition = condition ?? "none";
    const word = must("#media-word");
    word.className = condition ? BADGES[condition] : "badge";
    write(word, condition ? conditionName(condition) : "");
    must("#media-busy").hidden = !isBusy(media);
    write(must("#media-said"), condition ? `${must("#media-title").textContent}: ${conditionName(condition)}` : "");
    write(must("#media-line"), summary(media));
    const advice = must("#media-advice");
    write(advice, adviceFor(media, performance.now() < lossSaidUntil));
    advice.hidden = !advice.textContent;
    const notices = must("#media-notices");
    write(notices, sentences(media.notices));
    notices.hidden = !notices.textContent;
    drawSources(must("#media-sources"), media.sources, projects, media.viewers.connected);
    drawNoted(must("#media-noted"), media.noted, projects);
    encoders.show(media.encoders);
    write(must("#media-viewers"), viewersLine(media));
    drawWorst(must("#media-worst-list"), media.worst ?? []);
  }

  document.addEventListener("visibilitychange", () => void ask());
  open.addEventListener("toggle", () => void ask());
  worst.addEventListener("toggle", () => void ask().then(() => worst.open && worst.scrollIntoView({ block: "nearest" })));
  void ask();
}

/** The worst of them; null without any. @param {MediaSource[]} sources @returns {Condition|null} */
function overall(sources) {
  for (const condition of /** @type {Condition[]} */ (["lost", "weak", "good"])) {
    if (sources.some((one) => one.condition === condition)) return condition;
  }
  return null;
}

/** @param {Condition} condition */
function conditionName(condition) {
  switch (condition) {
    case "good":
      return t("good");
    case "weak":
      return t("weak");
    case "lost":
      return t("lost");
  }
}

/** @param {Media} media */
function isBusy({ load }) {
  return load !== null && load >= BUSY;
}

/**
 * What is worth a glance while it is shut. Where the line is too short, the last parts are left out as a whole: half a number
 * is a wrong number.
 * @param {Media} media
 */
function summary({ sources, viewers, load, blind }) {
  const parts = sources.length ? [] : [t("Nobody sends")];
  parts.push(tn("{count} screen", "{count} screens", viewers.connected));
  const dark = withoutPicture(blind);
  if (dark) parts.push(tn("{count} without a picture", "{count} without a picture", dark));
  if (viewers.connected && viewers.worst_loss >= 0.01) parts.push(t("worst loss {share}", { share: formatShare(viewers.worst_loss) }));
  if (load !== null) parts.push(t("load {share}", { share: formatShare(load) }));
  return dotted(parts.map(whole));
}

/** In one piece: a line does not end between a figure and its name. @param {string} part */
function whole(part) {
  return part.replaceAll(" ", "\u00a0");
}

/** @param {Media} media @param {boolean} losing */
function adviceFor(media, losing) {
  if (isBusy(media)) {
    return t("The machine is at {share}. It takes on no new viewers, so that those who watch keep their picture. End other programs on it.", {
      share: formatShare(media.load ?? 0),
    });
  }
  if (media.crowd) {
    return t("It is getting full: one network holds {share} of the places. Newcomers from other networks come first.", {
      share: formatShare(media.crowd),
    });
  }
  return troubleAdvice(media) || (!losing ? "" : t("The machine was too busy for a moment, and every viewer missed something. End other programs on it."));
}

/**
 * @param {HTMLElement} list
 * @param {MediaSource[]} sources
 * @param {Record<string, {name: string}>} projects
 * @param {number} screens
 */
function drawSources(list, sources, projects, screens) {
  keyed(list, sources, {
    key: (one) => one.source,
    create: ({ source }) => {
      const [publisher = "", kind = ""] = source.split("/");
      const name = publisher === "feed" ? t("Feed") : (projects[publisher]?.name ?? publisher);
      const title = make("span", "media-name", make("strong", "", name), " ", make("small", "", kindName(kind)));
      return make("li", "", title, make("span", "media-figures figures"), make("span"));
    },
    update: (row, source) => {
      row.dataset.condition = source.condition;
      const badge = /** @type {HTMLElement} */ (row.children[2]);
      badge.className = BADGES[source.condition];
      write(badge, conditionName(source.condition));
      write(/** @type {Element} */ (row.children[1]), figuresOf(source, screens));
    },
  });
}

/** @param {MediaSource} source @param {number} screens */
function figuresOf(source, screens) {
  const { condition, bits_per_second, loss, round_trip_ms, layers } = source;
  if (condition === "lost") return t("nothing comes");
  const why = whyUnseen(source, screens);
  const parts = [formatRate(bits_per_second), t("loss {share}", { share: formatShare(loss) })];
  if (round_trip_ms !== null) parts.push(t("{count} ms", { count: formatNumber(round_trip_ms) }));
  if (layers.length > 1) {
    const live = layers.filter((layer) => layer.live).length;
    parts.push(t("{live} of {count} picture sizes", { live: formatNumber(live), count: formatNumber(layers.length) }));
  }
  return dotted([why, ...parts.map(whole)]);
}

/** @param {HTMLElement} list @param {import("./troubles.js").Noted[]} noted @param {Record<string, {name: string}>} projects */
function drawNoted(list, noted, projects) {
  keyed(list, noted, {
    key: ({ who, trouble }) => `${who} ${trouble}`,
    create: () => make("li"),
    update: (row, one) => write(row, notedLine(one, projects)),
  });
  list.hidden = !noted.length;
}

/** @param {Media} media */
function viewersLine({ load, blind, viewers: { connected, joining, failed, see_less, worst_loss, round_trip_ms } }) {
  const parts = [tn("{count} screen", "{count} screens", connected)];
  const dark = withoutPicture(blind);
  if (dark) parts.push(tn("{count} without a picture", "{count} without a picture", dark));
  if (joining) parts.push(tn("{count} is connecting", "{count} are connecting", joining));
  if (failed) parts.push(tn("{count} try in the last minute found no way", "{count} tries in the last minute found no way", failed));
  if (connected) {
    if (see_less) parts.push(tn("{count} gets less than the best picture", "{count} get less than the best picture", see_less));
    parts.push(t("worst loss {share}", { share: formatShare(worst_loss) }));
    if (round_trip_ms !== null) parts.push(t("round trip {count} ms", { count: formatNumber(round_trip_ms) }));
  }
  if (load !== null) parts.push(t("load {share}", { share: formatShare(load) }));
  return dotted(parts);
}

/** @param {HTMLElement} list @param {WorstViewer[]} viewers */
function drawWorst(list, viewers) {
  keyed(list, viewers.map((viewer, number) => ({ viewer, number })), {
    key: ({ number }) => String(number),
    create: () => make("li"),
    update: (row, { viewer: { loss, round_trip_ms, bandwidth, sees_less } }) => {
      const parts = [t("loss {share}", { share: formatShare(loss) })];
      if (round_trip_ms !== null) parts.push(t("round trip {count} ms", { count: formatNumber(round_trip_ms) }));
      if (bandwidth !== null) parts.push(t("takes {rate}", { rate: formatRate(bandwidth) }));
      if (sees_less) parts.push(t("gets a smaller picture"));
      write(row, dotted(parts.map(whole)));
    },
  });
}

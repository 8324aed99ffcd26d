// A trial: camera, microphone and slides go to the person's own room and come back, for as long as it is on.

import { Publisher } from "../media/whip.js";
import { sentSoFar, NOTHING_SENT } from "../media/wayout.js";
import { backSoFar, NO_LINE, share } from "./line.js";

/** A trial that somebody forgot must not keep a place from others, ms. */
const LONGEST = 20 * 60_000;
/** The server is asked this seldom what it sends, in measurings. */
const ASK_EVERY = 3;

/** Why it is over. @typedef {"time"|"server"|"devices"|null} Over `server`: it ended the session, or another tab or device has it */

/** Events: `change`; `line` when it was measured. */
export class Trial extends EventTarget {
  running = false;
  /** @type {Over} */ over = null;
  line = NO_LINE;
  /** @type {Publisher|null} */ publisher = null;
  /** As `Sending` has it. @type {() => number|null} */ uprate = () => null;

  #page;
  #parts;
  /** @type {MediaStreamTrack[]} */ #sent = [];
  #out = NOTHING_SENT;
  #back = { packets: 0, lost: 0 };
  #measured = 0;
  #followed = false;
  /** @type {number|undefined} */ #timer;

  /**
   * @param {import("../lib/page.js").Page} page
   * @param {{devices: import("../pitch/devices.js").Devices, slides: import("../pitch/slides.js").Slides,
   *   stage: import("../media/stage.js").RoomStage}} parts
   */
  constructor(page, parts) {
    super();
    this.#page = page;
    this.#parts = parts;
    parts.devices.addEventListener("change", () => this.#apply());
    parts.slides.addEventListener("change", () => this.#changed());
  }

  async start() {
    const { devices } = this.#parts;
    this.over = null;
    this.running = true;
    this.#changed();
    if (!devices.ready) await devices.open();
    if (!this.running) return;
    if (!devices.ready) return this.stop("devices");
    this.#timer = setTimeout(() => this.stop("time"), LONGEST);
    this.#apply();
  }

  /** @param {Over} [why] */
  stop(why = null) {
    clearTimeout(this.#timer);
    this.running = false;
    this.over = why;
    this.#apply();
  }

  /** Make the connections what they should be. */
  #apply() {
    const { devices, slides, stage } = this.#parts;
    const tracks = devices.list;
    const on = this.running && tracks.length > 0;
    slides.send(on);
    if (!on) {
      this.publisher?.stop();
      this.publisher = null;
      stage.viewer?.stop();
      this.line = NO_LINE;
    } else if (!this.publisher) this.#open(tracks);
    else if (tracks.some((track, at) => track !== this.#sent[at]) || tracks.length !== this.#sent.length) {
      void this.publisher.replace(tracks);
    }
    this.#sent = tracks;
    this.#changed();
  }

  /** @param {MediaStreamTrack[]} tracks */
  #open(tracks) {
    const publisher = new Publisher(this.#page.whip, this.#page.publish_token, { tracks, uprate: this.uprate() });
    this.publisher = publisher;
    publisher.addEventListener("state", () => {
      if (publisher.state !== "live") this.line = NO_LINE; // what was measured is of a line that is gone
      this.#changed();
    });
    publisher.addEventListener("stats", () => void this.#measure());
    this.#endsWith(publisher);
    publisher.start();
    const { stage } = this.#parts;
    if (stage.viewer) stage.viewer.start();
    else stage.connect(this.#page);
    if (!stage.viewer || this.#followed) return;
    this.#followed = true;
    stage.viewer.addEventListener("state", () => this.#changed());
    this.#endsWith(stage.viewer);
  }

  /** Whoever ended it on the server meant it. @param {import("../connection/peer.js").Peer} peer */
  #endsWith(peer) {
    peer.mayReturn = () => Promise.resolve(false);
    peer.addEventListener("replaced", () => this.stop("server"));
  }

  /** Once a second. */
  async #measure() {
    const { viewer } = this.#parts.stage;
    const { publisher } = this;
    const [out, back] = await Promise.all([publisher?.pc?.getStats(), viewer?.pc?.getStats()]);
    const asks = this.#measured++ % ASK_EVERY === 0;
    const received = asks ? (await viewer?.told())?.sent : this.line.received;
    if (!publisher || publisher !== this.publisher) return;
    const sent = sentSoFar(out?.values() ?? []);
    const came = backSoFar(back?.values() ?? []);
    const main = viewer?.lanes.get("main");
    this.line = {
      out: publisher.state === "live" ? publisher.quality : null,
      received,
      // By its short side, as everybody does: a phone held upright sends 720 lines as well.
      height: viewer?.state === "live" && main?.frames ? Math.min(main.width, main.height) : 0,
      roundTrip: sent.roundTrip,
      lostOut: share(this.#out.lost, sent.lost, sent.sent - this.#out.sent),
      lostBack: share(this.#back.lost, came.lost, came.packets - this.#back.packets),
    };
    this.#out = sent;
    this.#back = came;
    this.dispatchEvent(new Event("line"));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

// Camera and microphone on their way to the room: what is sent follows from what is meant, and from who holds the desk.

import { Publisher } from "../media/whip.js";
import { Seen } from "./seen.js";
import { isPublished } from "./situation.js";

/** So long the room, or the lost connection to it, may take to tell why a session ended, ms. */
const ASK_FOR = 1_500;
const ASK_EVERY = 100;

/**
 * @typedef {{live: import("../live/live.js").Live, tab: import("./onetab.js").OneTab, intent: import("./intent.js").Intent,
 *   devices: import("./devices.js").Devices, slides: import("./slides.js").Slides, card: import("./namecard.js").NameCard}} Parts
 */

/** Events: `change`; `quality` when the way to the relay was measured. */
export class Sending extends EventTarget {
  /** @type {Publisher|null} */ publisher = null;
  /** Whether what is sent is seen. */
  seen = new Seen();
  /** What a line check found of the way to the relay, bits a second; null: nothing that counts now. @type {() => number|null} */
  uprate = () => null;
  /** As the server tells it. @type {import("../live/follow.js").Room|null} */ room = null;

  #page;
  #project;
  #parts;
  /** The picture, then the voice. @type {import("../media/whip.js").Sent[]} */ #sent = [];

  /** @param {{whip: string, publish_token: string}} page @param {string} project @param {Parts} parts */
  constructor(page, project, parts) {
    super();
    this.#page = page;
    this.#project = project;
    this.#parts = parts;
    this.seen.onchange = () => this.#changed();
    parts.devices.addEventListener("change", () => this.apply());
    parts.tab.addEventListener("change", () => void this.#begin());
  }

  get state() {
    return this.publisher?.state ?? "idle";
  }

  async start() {
    const { devices, intent } = this.#parts;
    intent.mean({ wanted: true });
    if (!devices.ready) await devices.open();
    this.apply();
  }

  stop() {
    this.#parts.intent.mean({ wanted: false });
    this.apply();
  }

  /** Take the desk from another tab or device, and its place on the stage with it. */
  takeOver() {
    if (isPublished(this.room, this.#project)) this.#parts.intent.mean({ wanted: true });
    this.#parts.tab.take();
  }

  /** Make the connections what they should be. */
  apply() {
    const { devices, slides, tab, card } = this.#parts;
    const { wanted, muted, hidden } = this.#parts.intent.now;
    const { microphone, camera } = devices.tracks;
    if (microphone) microphone.enabled = !muted;
    if (camera) camera.enabled = !hidden;
    // Whoever is on stays on while a device is away.
    const on = wanted && tab.state === "held" && (devices.ready || this.publisher !== null);
    const named = hidden || !camera;
    if (named) card.fit(camera);
    const tracks = on ? [(named ? card.track() : camera) ?? null, microphone] : [];
    if (!on) card.stop();
    slides.send(on);
    if (!on) {
      this.publisher?.stop();
      this.publisher = null;
    } else if (!this.publisher) this.#publish(tracks);
    else if (tracks.some((track, at) => track !== this.#sent[at])) void this.#replace(tracks);
    else if (this.publisher.state === "refused") this.publisher.start();
    if (this.publisher) this.publisher.card = named;
    this.#sent = tracks;
    this.#changed();
  }

  /** @param {import("../media/whip.js").Sent[]} tracks */
  async #replace(tracks) {
    await this.publisher?.replace(tracks);
    // Not before the camera has taken its place.
    if (this.#sent === tracks && tracks[0] === this.#parts.devices.tracks.camera) this.#parts.card.stop();
  }

  /** @param {import("../media/whip.js").Sent[]} tracks */
  #publish(tracks) {
    const publisher = new Publisher(this.#page.whip, this.#page.publish_token, { tracks, uprate: this.uprate() });
    this.publisher = publisher;
    this.seen.follow(publisher);
    publisher.addEventListener("state", () => this.#changed());
    publisher.addEventListener("stats", () => this.dispatchEvent(new Event("quality")));
    publisher.addEventListener("replaced", () => this.#parts.tab.yield());
    publisher.mayReturn = () => this.#mayReturn();
    publisher.start();
  }

  /** This tab has become the desk, or is it no longer. */
  async #begin() {
    const { devices, slides, tab, intent } = this.#parts;
    if (tab.state !== "held") {
      devices.close();
      return this.apply();
    }
    const { slides: mode, index, wanted } = intent.now;
    if (mode !== "screen") await slides.choose(mode);
    slides.go(index);
    if (wanted || (await permitted())) await devices.open();
    this.apply();
  }

  /** The server ended the session. If the room goes on having this project's camera, another device has taken the stage. */
  async #mayReturn() {
    const until = performance.now() + ASK_FOR;
    while (this.#parts.live.state === "open" && isPublished(this.room, this.#project)) {
      if (performance.now() > until) return false;
      await new Promise((done) => setTimeout(done, ASK_EVERY));
    }
    return true;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** Whether the browser has been asked before, so that asking again opens no question. */
async function permitted() {
  try {
    const name = /** @type {PermissionName} */ ("camera");
    return (await navigator.permissions.query({ name })).state === "granted";
  } catch {
    return false;
  }
}

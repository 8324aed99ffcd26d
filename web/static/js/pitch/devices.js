// Camera and microphone: which there are, which are chosen, what stands in the way, and how loud it is.

import { keep, kept } from "../lib/kept.js";

/** @typedef {"camera"|"microphone"} Kind */
/**
 * `denied`: the permission is refused; `missing`: there is none; `busy`: another program holds it;
 * `insecure`: the page is not served safely enough to ask.
 * @typedef {"denied"|"missing"|"busy"|"insecure"} Problem
 */

/** What could not be used when it was chosen: the one before goes on. @typedef {{label: string, problem: Problem}} Failed */

/** @type {readonly Kind[]} */
const KINDS = ["camera", "microphone"];
/** Softer than this counts as silence, dB below full scale. */
const FLOOR_DB = -60;
/** Phones open one camera at a time: there the former has to be let go before the other is tried. */
const ONE_AT_A_TIME = matchMedia("(pointer: coarse)").matches;
/** After somebody did something, measuring begins within this, or never, ms. */
const WAKES_WITHIN = 2_000;
/** A device that fails again after this many tries is left alone until somebody chooses. */
const MOST_RETRIES = 3;

/** Events: `change`. */
export class Devices extends EventTarget {
  asking = false;
  /** @type {Record<Kind, MediaStreamTrack|null>} */ tracks = { camera: null, microphone: null };
  /** @type {Record<Kind, Problem|null>} */ problems = { camera: null, microphone: null };
  /** Known by name once the permission is given. @type {Record<Kind, MediaDeviceInfo[]>} */
  found = { camera: [], microphone: [] };
  /** @type {Record<Kind, Failed|null>} */ failed = { camera: null, microphone: null };

  #key;
  #retries = 0;
  /** Choices made so far: the newest one counts, whichever device is opened last. @type {Record<Kind, number>} */
  #choices = { camera: 0, microphone: 0 };
  /** @type {Record<string, string>} */ #chosen;
  /** @type {AudioContext|null} */ #context = null;
  /** Whether somebody did something on the page, which lets it measure; often before a microphone is open. */
  #touched = false;
  /** Since when it may measure. */
  #allowedAt = Infinity;
  /** @type {AnalyserNode|null} */ #analyser = null;
  /** @type {MediaStreamAudioSourceNode|null} */ #heard = null;
  #samples = new Float32Array(1024);

  /** @param {string} key where the browser keeps the choice */
  constructor(key) {
    super();
    this.#key = key;
    this.#chosen = recall(key);
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.#plugged());
    // Browsers start sound only after somebody did something; then the meter moves.
    for (const gesture of ["pointerdown", "keydown"]) {
      addEventListener(gesture, () => this.#wake(), { passive: true });
    }
  }

  /** Whether there is anything to send. */
  get ready() {
    return this.tracks.camera !== null || this.tracks.microphone !== null;
  }

  /** What there is, camera first. */
  get list() {
    return KINDS.map((kind) => this.tracks[kind]).filter((track) => track !== null);
  }

  /** Ask for both; what is refused or missing is said in `problems`. */
  async open() {
    if (this.asking) return;
    if (!navigator.mediaDevices?.getUserMedia) {
      this.problems = { camera: "insecure", microphone: "insecure" };
      return this.#changed();
    }
    this.asking = true;
    this.#changed();
    try {
      // One question for both, if that can be.
      const stream = await navigator.mediaDevices.getUserMedia({ video: video(this.#wanted("camera")), audio: audio(this.#wanted("microphone")) });
      for (const kind of KINDS) this.#take(kind, tracksOf(stream, kind)[0] ?? null, null);
    } catch {
      for (const kind of KINDS) await this.#openOne(kind);
    }
    this.asking = false;
    await this.#list();
    this.#changed();
  }

  /**
   * Use another device from now on, and remember it. The one before is let go when the other is there, so that whoever
   * watches sees no gap; if the other cannot be had, it stays.
   * @param {Kind} kind
   * @param {string} deviceId
   */
  async choose(kind, deviceId) {
    const choice = ++this.#choices[kind];
    const label = this.found[kind].find((device) => device.deviceId === deviceId)?.label ?? "";
    this.#retries = 0;
    let opened = await this.#get(kind, { exact: deviceId });
    const before = this.tracks[kind];
    if (!opened.track && opened.problem === "busy" && before && ONE_AT_A_TIME && choice === this.#choices[kind]) {
      const former = before.getSettings().deviceId;
      before.stop();
      opened = await this.#get(kind, { exact: deviceId });
      if (!opened.track) this.#take(kind, (await this.#get(kind, former ? { exact: former } : undefined)).track, null);
    }
    if (choice !== this.#choices[kind]) return opened.track?.stop();
    this.failed[kind] = opened.track ? null : { label, problem: opened.problem ?? "missing" };
    if (opened.track) {
      this.#take(kind, opened.track, null);
      this.#chosen[kind] = deviceId;
      keep("local", this.#key, JSON.stringify(this.#chosen));
    }
    await this.#list();
    this.#changed();
  }

  /** Let go of both. */
  close() {
    for (const kind of KINDS) this.#take(kind, null, null);
    this.#changed();
  }

  #wake() {
    this.#touched = true;
    if (!this.#context) return;
    this.#allowedAt = Math.min(this.#allowedAt, performance.now());
    void this.#context.resume().catch(() => {});
  }

  /** Whether a microphone is sent that this browser does not measure: refused, or without a loudspeaker to go by. */
  get unmeasured() {
    const asleep = this.#context?.state !== "running" && performance.now() - this.#allowedAt > WAKES_WITHIN;
    return this.tracks.microphone !== null && (this.#analyser === null || asleep);
  }

  /** How loud the microphone is now, 0–1; null while that cannot be measured. */
  level() {
    if (!this.#analyser || this.#context?.state !== "running") return null;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    const db = 10 * Math.log10(sum / this.#samples.length + 1e-12);
    return Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
  }

  /** The device of choice, or another. @param {Kind} kind */
  async #openOne(kind) {
    const { track, problem: hindrance } = await this.#get(kind, this.#wanted(kind));
    this.#take(kind, track, hindrance);
  }

  /**
   * @param {Kind} kind
   * @param {ConstrainDOMString|undefined} deviceId
   * @returns {Promise<{track: MediaStreamTrack|null, problem: Problem|null}>}
   */
  async #get(kind, deviceId) {
    try {
      const wanted = kind === "camera" ? { video: video(deviceId) } : { audio: audio(deviceId) };
      const stream = await navigator.mediaDevices.getUserMedia(wanted);
      return { track: tracksOf(stream, kind)[0] ?? null, problem: null };
    } catch (error) {
      return { track: null, problem: problem(error) };
    }
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack|null} track
   * @param {Problem|null} hindrance
   */
  #take(kind, track, hindrance) {
    const before = this.tracks[kind];
    this.problems[kind] = hindrance;
    this.tracks[kind] = track;
    if (before && before !== track) {
      before.onended = null;
      before.stop();
    }
    if (track) track.onended = () => void this.#unplugged(kind);
    if (kind === "microphone") this.#listen(track);
  }

  /** @param {MediaStreamTrack|null} track */
  #listen(track) {
    this.#heard?.disconnect();
    this.#heard = null;
    this.#analyser = null;
    if (!track) return;
    try {
      this.#context ??= new AudioContext();
      if (this.#touched) this.#wake();
      const analyser = this.#context.createAnalyser();
      analyser.fftSize = this.#samples.length;
      this.#heard = this.#context.createMediaStreamSource(new MediaStream([track]));
      this.#heard.connect(analyser);
      this.#analyser = analyser;
    } catch {
      // Firefox measures no microphone whose rate is another than the loudspeaker's. It can be sent all the same.
    }
  }

  /** @param {Kind} kind */
  async #unplugged(kind) {
    if (this.#retries++ >= MOST_RETRIES) this.#take(kind, null, "missing");
    else await this.#openOne(kind);
    await this.#list();
    this.#changed();
  }

  async #plugged() {
    await this.#list();
    for (const kind of KINDS) {
      const absent = this.problems[kind] === "missing" || this.problems[kind] === "busy";
      if (!absent || !this.found[kind].length || this.#retries++ >= MOST_RETRIES) continue;
      await this.#openOne(kind);
    }
    this.#changed();
  }

  async #list() {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    this.found = {
      camera: all.filter((device) => device.kind === "videoinput" && device.deviceId),
      microphone: all.filter((device) => device.kind === "audioinput" && device.deviceId),
    };
  }

  /** @param {Kind} kind @returns {ConstrainDOMString|undefined} */
  #wanted(kind) {
    const deviceId = this.#chosen[kind];
    return deviceId ? { ideal: deviceId } : undefined;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {ConstrainDOMString|undefined} deviceId @returns {MediaTrackConstraints} */
function video(deviceId) {
  const size = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
  return deviceId ? { ...size, deviceId } : size;
}

/** @param {ConstrainDOMString|undefined} deviceId @returns {MediaTrackConstraints} */
function audio(deviceId) {
  const voice = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: { ideal: 1 } };
  return deviceId ? { ...voice, deviceId } : voice;
}

/**
 * @param {MediaStream} stream
 * @param {Kind} kind
 */
function tracksOf(stream, kind) {
  return kind === "camera" ? stream.getVideoTracks() : stream.getAudioTracks();
}

/**
 * @param {unknown} error
 * @returns {Problem}
 */
function problem(error) {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "missing";
  }
}

/**
 * @param {string} key
 * @returns {Record<string, string>}
 */
function recall(key) {
  try {
    const chosen = JSON.parse(kept("local", key) ?? "{}");
    return typeof chosen === "object" && chosen !== null ? chosen : {};
  } catch {
    return {};
  }
}

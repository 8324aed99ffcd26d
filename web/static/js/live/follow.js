// One room as this page knows it: kept up to date from numbered events; a gap is found and filled.

/** @typedef {import("./protocol.js").RoomState} RoomState */
/** @typedef {import("./protocol.js").RoomChanged} RoomChanged */
/** @typedef {import("./protocol.js").Viewers} Viewers */
/** @typedef {Omit<RoomChanged, "type"|"room"|"epoch"|"offset"|"server_now">} Sections */
/** @typedef {import("./protocol.js").OpenSection} Open */
/**
 * A room as far as this page may know it: a section that it may not see is not there.
 * @typedef {{id: string, viewers: number} & Required<Pick<Sections, Open>> & Omit<Sections, Open>} Room
 */
/** @typedef {"snapshot"|"viewers"|keyof Sections} Change */
/** @typedef {(room: Room, change: Change) => void} RoomListener */

/** Behind for this long although asked again: ask for everything, ms. */
const CATCH_UP_WITHIN = 4_000;

export class Followed {
  /** @type {Room|null} */ #room = null;
  /** @type {Set<RoomListener>} */ #listeners = new Set();
  #epoch = "";
  #offset = 0;
  /** When a gap was found that is not filled yet. @type {number|null} */ #behindSince = null;
  #id;
  #send;

  /**
   * @param {string} id
   * @param {(message: object) => void} send does nothing while the connection is away
   */
  constructor(id, send) {
    this.#id = id;
    this.#send = send;
  }

  /**
   * @param {RoomListener} listener
   * @returns {() => void} stop
   */
  listen(listener) {
    this.#listeners.add(listener);
    if (this.#room) listener(this.#room, "snapshot");
    return () => void this.#listeners.delete(listener);
  }

  /** Ask for what was missed, or for everything. */
  ask() {
    const since = this.#epoch ? { epoch: this.#epoch, offset: this.#offset } : {};
    this.#send({ type: "follow", room: this.#id, ...since });
  }

  /** Look whether a gap has stayed open; call this now and then. */
  watch() {
    if (this.#behindSince === null || performance.now() - this.#behindSince < CATCH_UP_WITHIN) return;
    this.#behindSince = performance.now();
    this.#epoch = "";
    this.ask();
  }

  /** @param {RoomState|RoomChanged|Viewers} message */
  take(message) {
    switch (message.type) {
      case "room.snapshot":
        return this.#snapshot(message);
      case "room.changed":
        return this.#changed(message);
      case "room.viewers":
        if (this.#room) this.#become({ ...this.#room, viewers: message.viewers }, ["viewers"]);
    }
  }

  /** @param {RoomState} message */
  #snapshot(message) {
    const { type, room: id, epoch, offset, server_now, ...sections } = message;
    this.#epoch = epoch;
    this.#offset = offset;
    this.#behindSince = null;
    this.#become(/** @type {Room} */ ({ ...sections, id }), ["snapshot"]);
  }

  /** @param {RoomChanged} message */
  #changed({ type, room, epoch, offset, server_now, ...sections }) {
    if (!this.#room || (epoch === this.#epoch && offset <= this.#offset)) return;
    if (epoch !== this.#epoch || offset !== this.#offset + 1) {
      // Asked once; what follows the gap comes again with the answer.
      if (this.#behindSince !== null) return;
      this.#behindSince = performance.now();
      if (epoch !== this.#epoch) this.#epoch = "";
      return this.ask();
    }
    this.#offset = offset;
    this.#behindSince = null;
    this.#become({ ...this.#room, ...sections }, /** @type {(keyof Sections)[]} */ (Object.keys(sections)));
  }

  /**
   * @param {Room} room
   * @param {Change[]} changes
   */
  #become(room, changes) {
    this.#room = room;
    for (const change of changes) {
      for (const listener of this.#listeners) listener(room, change);
    }
  }
}

// A judge's own notes on each project. They are in this browser and nowhere else: nothing of them is ever sent.

/**
 * @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Shelf
 */

/**
 * Characters of the notes on one project: two pages. Those on 200 projects take 2 MB, of the 5 that browsers keep for a site at least.
 */
export const LONGEST = 5_000;

export class Notes {
  /** Another tab of this browser has changed the notes on a project, or on all of them (empty). @type {(project: string) => void} */
  onelsewhere = () => {};
  /** False when the browser refuses to store: the page then says so. */
  safe = true;

  /** By project. @type {Map<string, string>} */ #texts = new Map();
  #prefix;
  #storage;

  /** @param {string} prefix of the names under which they are kept: this judge's, in this field @param {Shelf | null} [storage] null: there is none */
  constructor(prefix, storage = shelf()) {
    this.#prefix = prefix;
    this.#storage = storage;
    this.#read();
  }

  /** @param {string} project */
  of(project) {
    return this.#texts.get(project) ?? "";
  }

  /** On how many projects there are any. */
  get count() {
    return this.#texts.size;
  }

  /** Whether something would be lost with this page. */
  get atRisk() {
    return !this.safe && this.count > 0;
  }

  /** With each key that is typed. @param {string} project @param {string} text */
  keep(project, text) {
    const kept = text.slice(0, LONGEST);
    if (kept.trim()) this.#texts.set(project, kept);
    else this.#texts.delete(project);
    this.#write(project, this.of(project));
  }

  /** All of them. */
  forget() {
    for (const project of [...this.#texts.keys()]) this.keep(project, "");
  }

  /** To be called with each change that another tab has made. @param {string | null} name null: everything is gone */
  changed(name) {
    if (name !== null && !name.startsWith(this.#prefix)) return;
    this.#texts.clear();
    this.#read();
    this.onelsewhere(name?.slice(this.#prefix.length) ?? "");
  }

  /**
   * To be taken away. @param {string} title @param {readonly {id: string, name: string}[]} projects in the order of the file; those
   * without notes are left out
   */
  file(title, projects) {
    const noted = projects.filter(({ id }) => this.of(id));
    return [title, ...noted.map(({ id, name }) => `${name}\n${"-".repeat(name.length)}\n${this.of(id).trimEnd()}`)].join("\n\n") + "\n";
  }

  #read() {
    try {
      this.safe = this.#storage !== null;
      for (let n = 0; n < (this.#storage?.length ?? 0); n++) {
        const name = this.#storage?.key(n) ?? "";
        const text = name.startsWith(this.#prefix) && this.#storage?.getItem(name);
        if (text) this.#texts.set(name.slice(this.#prefix.length), text.slice(0, LONGEST));
      }
    } catch {
      this.safe = false;
    }
  }

  /** @param {string} project @param {string} text */
  #write(project, text) {
    try {
      if (text) this.#storage?.setItem(this.#prefix + project, text);
      else this.#storage?.removeItem(this.#prefix + project);
      this.safe = this.#storage !== null;
    } catch {
      this.safe = false;
    }
  }
}

/** @returns {Shelf | null} */
function shelf() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

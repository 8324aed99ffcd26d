// The picture over everything else: in the browser's full screen, or over the whole window where the browser has none for
// parts of a page (Safari on iPhones). Out of the window it goes by the same button, Escape, or the way back.

/** What the browser's history holds while the window is covered. */
const COVERED = "full-window";

/** Event `change`. */
export class FullPicture extends EventTarget {
  #stage;
  /** What was made inert while the window is covered; null: it is not. @type {HTMLElement[] | null} */ #covered = null;

  /** @param {HTMLElement} stage says in `data-full` how it is full: "screen", "window" */
  constructor(stage) {
    super();
    this.#stage = stage;
    document.addEventListener("fullscreenchange", () => this.#draw());
    addEventListener("popstate", () => this.#uncover());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#covered) this.leave();
    });
    // The page was left and comes back, or was loaded again: it begins uncovered.
    if (history.state === COVERED) history.replaceState(null, "");
  }

  get on() {
    return this.#covered !== null || document.fullscreenElement === this.#stage;
  }

  async toggle() {
    if (this.on) return this.leave();
    if (!document.fullscreenEnabled) return this.#cover();
    try {
      await this.#stage.requestFullscreen();
    } catch {
      this.#cover(); // the browser had its reasons
    }
  }

  leave() {
    if (!this.#covered) return void document.exitFullscreen?.().catch(() => {});
    this.#uncover();
    if (history.state === COVERED) history.back();
  }

  #cover() {
    this.#covered = around(this.#stage);
    for (const one of this.#covered) one.inert = true;
    history.pushState(COVERED, "");
    this.#draw();
  }

  #uncover() {
    if (!this.#covered) return;
    for (const one of this.#covered) one.inert = false;
    this.#covered = null;
    this.#draw();
  }

  #draw() {
    const how = this.#covered ? "window" : this.on ? "screen" : "";
    if (how) this.#stage.dataset.full = how;
    else delete this.#stage.dataset.full;
    document.documentElement.toggleAttribute("data-covered", this.#covered !== null);
    this.dispatchEvent(new Event("change"));
  }
}

/** All of the page that an element over the window covers, and that can be reached now. @param {HTMLElement} element */
function around(element) {
  /** @type {HTMLElement[]} */
  const found = [];
  for (let at = element; at !== document.body && at.parentElement; at = at.parentElement) {
    for (const other of at.parentElement.children) {
      if (other instanceof HTMLElement && other !== at && !other.inert) found.push(other);
    }
  }
  return found;
}

// Small helpers for pages.

/** The element that a page cannot do without. @param {string} selector @returns {HTMLElement} */
export function must(selector) {
  const found = document.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the page has no ${selector}`);
  return found;
}

/**
 * A banner that says so while the connection is away, and nothing otherwise.
 * @param {import("./live.js").Live} live
 * @param {HTMLElement} banner
 * @param {string} text
 */
export function showConnection(live, banner, text) {
  live.onstate(({ state }) => {
    banner.hidden = state === "open" || state === "connecting";
    banner.textContent = banner.hidden ? "" : text;
    document.documentElement.dataset.live = state;
  });
}

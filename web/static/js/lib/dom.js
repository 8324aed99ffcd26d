// Elements: finding them, making them, and changing only what differs, so that nothing is announced or redrawn twice.

/** The element that a page cannot do without. @param {string} selector @returns {HTMLElement} */
export function must(selector) {
  const found = document.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the page has no ${selector}`);
  return found;
}

/**
 * An element with a class and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {...(Node|string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/**
 * Change a text only if it differs: assistive technology takes every change for news.
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * The same for a text that is not always there: an empty one hides its element.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function writeOrHide(element, text) {
  write(element, text);
  element.hidden = text === "";
}

/**
 * Set a `data-` attribute.
 * @param {HTMLElement} element
 * @param {string} key
 * @param {string} value
 */
export function mark(element, key, value) {
  if (element.dataset[key] !== value) element.dataset[key] = value;
}

/**
 * Bring a list up to date without replacing its rows: focus, scrolling and a click that has begun all survive.
 * @template T
 * @param {Element} list
 * @param {readonly T[]} items
 * @param {{key: (item: T) => string, create: (item: T) => HTMLElement, update: (row: HTMLElement, item: T, index: number) => void}} rows
 */
export function keyed(list, items, { key, create, update }) {
  const focused = document.activeElement instanceof HTMLElement && list.contains(document.activeElement) ? document.activeElement : null;
  const focusedRow = focused?.closest("[data-key]");
  /** @type {Map<string|undefined, HTMLElement>} */
  const known = new Map();
  for (const row of list.children) if (row instanceof HTMLElement) known.set(row.dataset.key, row);
  const wanted = items.map((item, index) => {
    const id = key(item);
    const row = known.get(id) ?? create(item);
    row.dataset.key = id;
    known.delete(id);
    update(row, item, index);
    return row;
  });
  for (const row of known.values()) row.remove();
  let place = list.firstElementChild;
  for (const row of wanted) {
    if (row === place) place = place.nextElementSibling;
    else list.insertBefore(row, place);
  }
  if (!focused) return;
  const usable = focused.isConnected && !focused.closest("[hidden]");
  const next = usable ? focused : focusedRow?.querySelector("button:not([hidden]), a:not([hidden])");
  if (next instanceof HTMLElement && document.activeElement !== next) next.focus({ preventScroll: true });
}

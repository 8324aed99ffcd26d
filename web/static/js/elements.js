// Small things around elements: making them, and changing only what differs, so that nothing is announced or redrawn twice.

import { icon } from "./icons.js";

/**
 * @param {string} tag
 * @param {string} className
 * @param {...Node} children
 * @returns {HTMLElement}
 */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

/** @param {string} className */
export function makeButton(className) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = className;
  return element;
}

/**
 * Name a button that shows a picture only.
 * @param {HTMLButtonElement} element
 * @param {string} label
 * @param {import("./icons.js").IconName} [picture]
 */
export function name(element, label, picture) {
  if (element.getAttribute("aria-label") === label) return;
  element.setAttribute("aria-label", label);
  element.title = label;
  if (picture) element.replaceChildren(icon(picture));
}

/**
 * Set a text; an empty one hides the element.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
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
 * What the browser keeps for this site (`local`) or this tab (`session`); null if nothing, or if storage is forbidden.
 * @param {"local"|"session"} where
 * @param {string} key
 */
export function kept(where, key) {
  try {
    return (where === "local" ? localStorage : sessionStorage).getItem(key);
  } catch {
    return null;
  }
}

/**
 * @param {"local"|"session"} where
 * @param {string} key
 * @param {string} value
 */
export function keep(where, key, value) {
  try {
    (where === "local" ? localStorage : sessionStorage).setItem(key, value);
  } catch {
    // Storage is forbidden or full: then it holds for this page alone.
  }
}

// Line icons, 24 × 24, drawn with the text's colour, and buttons that show nothing else. A word or an accessible name always
// goes with them.

const PATHS = {
  camera: "M4 7h10a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM15 11l6-3.5v9L15 13",
  "camera-off": "M3 3l18 18M9 7h5a1 1 0 0 1 1 1v5M15 16a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8c0-.6.4-1 1-1M15 11l6-3.5v9",
  end: "M12 4v11M7 10l5 5 5-5M5 20h14",
  fullscreen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  "fullscreen-off": "M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5",
  left: "M14 6l-6 6 6 6",
  microphone: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4",
  "microphone-off": "M3 3l18 18M9 9v2a3 3 0 0 0 4.6 2.5M15 11V6a3 3 0 0 0-5.7-1.3M6 11a6 6 0 0 0 9 5.2M18 11a6 6 0 0 1-.6 2.6M12 17v4",
  off: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.7 5.7l12.6 12.6",
  pip: "M4 5h16v14H4zM12 12h6v5h-6z",
  play: "M8 5l11 7-11 7z",
  restore: "M9 5L5 9l4 4M5 9h9a5 5 0 0 1 0 10h-3",
  right: "M10 6l6 6-6 6",
  screen: "M3 5h18v11H3zM9 20h6M12 16v4",
  settings: "M4 7h9M19 7h1M16 4.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM4 17h1M11 17h9M8 14.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  slides: "M3 5h18v12H3zM7 9h7M7 13h4M8 21l4-4 4 4",
  sound: "M4 10v4h3l5 4V6L7 10zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  "sound-off": "M4 10v4h3l5 4V6L7 10zM16 9.5l5 5M21 9.5l-5 5",
  swap: "M4 8h13l-3-3M20 16H7l3 3",
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * @param {IconName} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  path.setAttribute("fill", "none");
  path.setAttribute("stroke", "currentColor");
  path.setAttribute("stroke-width", "1.6");
  path.setAttribute("stroke-linecap", "round");
  path.setAttribute("stroke-linejoin", "round");
  svg.append(path);
  return svg;
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
 * @param {IconName} [picture]
 */
export function nameButton(element, label, picture) {
  if (element.getAttribute("aria-label") === label) return;
  element.setAttribute("aria-label", label);
  element.title = label;
  if (picture) element.replaceChildren(icon(picture));
}

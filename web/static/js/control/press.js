// Buttons that a hand in a hurry may hit twice.

/** A second click this soon after a press is the same press, ms. */
export const DOUBLE_CLICK_MS = 400;

let pressedAt = -Infinity;

/** Act on a press, unless it is a double click's second one or the button has no power now. @param {HTMLElement} button @param {() => unknown} action */
export function press(button, action) {
  button.addEventListener("click", () => {
    const now = performance.now();
    if (!isAble(button) || now - pressedAt < DOUBLE_CLICK_MS) return;
    pressedAt = now;
    action();
  });
}

/** Not `disabled`: a button that loses its power keeps the focus. @param {Element} button @param {boolean} can */
export function able(button, can) {
  button.setAttribute("aria-disabled", String(!can));
}

/** @param {Element} button */
function isAble(button) {
  return button.getAttribute("aria-disabled") !== "true";
}

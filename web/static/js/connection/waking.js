// When a page is seen again: after another tab, a screen that was locked, a frozen tab, a machine that slept.

/** @param {() => void} act what may have stopped meanwhile is looked at now */
export function onWake(act) {
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && act());
  // Of the page's life cycle, where the browser has one: frozen tabs may be seen all the time.
  document.addEventListener("resume", () => act());
  addEventListener("pageshow", (event) => event.persisted && act());
}

// What the browser keeps for this site, or for this tab.

/**
 * What is kept for this site (`local`) or this tab (`session`); null if nothing, or if storage is forbidden.
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
 * Whether it is kept now. Where storage is forbidden, or full, it holds for this page alone.
 * @param {"local"|"session"} where
 * @param {string} key
 * @param {string} value
 */
export function keep(where, key, value) {
  try {
    (where === "local" ? localStorage : sessionStorage).setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

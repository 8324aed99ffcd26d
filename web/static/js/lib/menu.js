// What opens under a word in the bar closes as a menu does: by Escape, and by a press outside.

/** @param {HTMLDetailsElement} menu */
export function closeAsMenu(menu) {
  document.addEventListener("pointerdown", ({ target }) => {
    const inside = target instanceof Element && (menu.contains(target) || target.closest("dialog"));
    if (!inside) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}

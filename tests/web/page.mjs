// What a module finds around it in a browser, as far as the pure ones look: the data that the server put into the page.
// Import it before anything of web/static/js.

/** English texts stand for themselves; the event is in Beijing. */
export const page = { language: "en", time_zone: "Asia/Shanghai", messages: {}, projects: {} };

globalThis.document = {
  getElementById: (id) => (id === "page" ? { textContent: JSON.stringify(page) } : null),
  documentElement: { dataset: {}, lang: page.language },
};

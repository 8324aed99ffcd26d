// The clock's element, as a screen reader hears it. It needs so little of a page that a stand-in for it is here.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import "./page.mjs";

class Element {
  dataset = {};
  style = { setProperty() {} };
  isConnected = false;
  children = [];
  textContent = "";
  className = "";
  cues = null;
  replaceChildren(...children) {
    this.children = children;
  }
  setAttribute() {}
  getAttribute(name) {
    return name === "cues" ? this.cues : null;
  }
  toggleAttribute() {}
}
Object.assign(globalThis, { HTMLElement: Element, customElements: { define() {} } });
document.createElement = () => new Element();

const { ShowClock } = await import("../../web/static/js/live/clock.js");

/** A clock on a page, and what its live region was given. */
function shown() {
  const clock = new ShowClock();
  clock.isConnected = true;
  clock.connectedCallback();
  const voice = clock.children.at(-1);
  const heard = [];
  let text = "";
  Object.defineProperty(voice, "textContent", { get: () => text, set: (said) => heard.push((text = said)) });
  clock.now = () => 1_000_000;
  return { clock, heard };
}

/** A phase whose clock still runs so long. */
function running(phase, left, duration = left) {
  return { phase, clock: { duration_ms: duration, ends_at: 1_000_000 + left, remaining_ms: null, warnings_ms: [30_000], policy: "advance" } };
}

test("at a new phase the time that is told is the new phase's", () => {
  // Whoever hears 6 minutes 57 for a vote of two has lost the vote.
  mock.timers.enable({ apis: ["setTimeout"] });
  const { clock, heard } = shown();
  clock.session = running("questions", 417_000, 480_000);
  clock.session = running("voting", 120_000);
  assert.deepEqual(heard.slice(-1), ["Voting. 2 minutes left"]);
  clock.disconnectedCallback();
  mock.timers.reset();
});

test("of a phase without a clock no former time stays to be read", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { clock, heard } = shown();
  clock.session = running("voting", 120_000);
  clock.session = { phase: "closed", clock: { duration_ms: 0, ends_at: null, remaining_ms: null, warnings_ms: [], policy: null } };
  assert.deepEqual(heard.slice(-1), ["Closed"]);
  assert.equal(clock.children[1].textContent, "");
  mock.timers.reset();
});

test("a page that opens during a phase says nothing by itself", () => {
  // A reader who has just come is told of the page, not interrupted by its clock.
  mock.timers.enable({ apis: ["setTimeout"] });
  const { clock, heard } = shown();
  heard.length = 0;
  clock.session = running("pitch", 200_000);
  clock.session = running("pitch", 199_000, 200_000);
  assert.deepEqual(heard, []);
  clock.disconnectedCallback();
  mock.timers.reset();
});

test("only whose time it is are told what to do with it", () => {
  // "Time to wind up" is nothing to say to an audience, and nothing to a pitcher while the jury scores.
  mock.timers.enable({ apis: ["setTimeout"] });
  const { clock } = shown();
  const told = () => clock.children.find(({ className }) => className === "clock-cue").textContent;
  clock.session = running("pitch", 20_000, 480_000);
  assert.equal(told(), "Little time left");
  clock.cues = "pitch questions";
  clock.session = running("pitch", 10_000, 480_000);
  assert.equal(told(), "Time to wind up");
  clock.session = running("voting", 10_000, 120_000);
  assert.equal(told(), "Little time left");
  clock.disconnectedCallback();
  mock.timers.reset();
});

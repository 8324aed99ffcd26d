// A vote that finds its way: to a token, past a token that is no good, and through a queue.

import "./page.mjs";

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { castVote, fetchToken } from "../../web/static/js/ceremony/casting.js";
import { Refusal } from "../../web/static/js/live/commands.js";

const original = globalThis.fetch;
afterEach(() => void (globalThis.fetch = original));

const refused = (code, details = {}) => new Refusal({ code, text: code, retry: "retry_after" in details, details });

/** Answers in turns: a refusal is thrown, anything else returned. What happened is told in `log`. */
function ways(answers, { queue = true, tokens = [] } = {}) {
  const log = [];
  return {
    log,
    send: async () => {
      const answer = answers.shift();
      log.push(answer instanceof Refusal ? answer.code : "counts");
      if (answer instanceof Refusal) throw answer;
    },
    fetchToken: async (booth) => {
      log.push(`token at ${booth}`);
      const answer = tokens.shift();
      if (answer) throw answer;
    },
    queue: () => queue,
    sleep: async (ms) => void log.push(ms >= 3_000 ? "waits" : "hurries"),
  };
}

test("a browser without a token gets one and votes, without anybody pressing again", async () => {
  const way = ways([refused("audience.no_token", { booth: "b1" }), "ok"]);
  await castVote(way);
  assert.deepEqual(way.log, ["audience.no_token", "token at b1", "counts"]);
});

test("a token of yesterday is replaced, also on a socket that is a new one meanwhile", async () => {
  // The connection broke between the two: the next refusal says which booth it is now.
  const way = ways([refused("audience.token_old", { booth: "b1" }), refused("audience.no_token", { booth: "b2" }), "ok"]);
  await castVote(way);
  assert.deepEqual(way.log, ["audience.token_old", "token at b1", "audience.no_token", "token at b2", "counts"]);
});

test("a browser that can never have a token is told so, and does not ask for ever", async () => {
  const way = ways(Array.from({ length: 10 }, () => refused("audience.no_token", { booth: "b1" })));
  await assert.rejects(castVote(way), { code: "audience.no_token" });
  assert.equal(way.log.filter((line) => line.startsWith("token")).length, 3);
});

test("in a crowded hall the vote waits for its place as long as it is told to, and goes by itself", async () => {
  const way = ways([refused("rate.voters", { retry_after: 3 }), refused("rate.voters", { retry_after: 3 }), "ok"]);
  await castVote(way);
  assert.deepEqual(way.log, ["rate.voters", "waits", "rate.voters", "waits", "counts"]);
});

test("where too many ask for tokens at once, asking goes on by itself, too", async () => {
  // Somebody behind the same address asks for pages as fast as they can.
  const tokens = [refused("rate.network", { retry_after: 4 })];
  const way = ways([refused("audience.no_token", { booth: "b1" }), "ok"], { tokens });
  await castVote(way);
  assert.deepEqual(way.log, ["audience.no_token", "token at b1", "waits", "token at b1", "counts"]);
});

test("once the vote is over nobody waits in line for it", async () => {
  await assert.rejects(castVote(ways([refused("rate.voters", { retry_after: 3 })], { queue: false })), { code: "rate.voters" });
});

test("every other refusal is the voter's to read", async () => {
  const way = ways([refused("audience.closed")]);
  await assert.rejects(castVote(way), { code: "audience.closed" });
  assert.deepEqual(way.log, ["audience.closed"]);
});

test("what the server says of a token is told in its words; a socket that has gone is tried again", async () => {
  const answers = [
    { ok: false, headers: new Headers(), json: async () => ({ code: "audience.closed", text: "It is closed." }) },
    { ok: false, headers: new Headers(), json: async () => ({ code: "audience.booth", text: "" }) },
    { ok: false, headers: new Headers({ "Retry-After": "7" }), json: async () => ({ code: "rate.network", text: "Wait." }) },
    { ok: true },
    undefined,
  ];
  const asked = [];
  globalThis.fetch = async (address, { method }) => {
    asked.push(`${method} ${address}`);
    const answer = answers.shift();
    if (!answer) throw new TypeError("no network");
    return answer;
  };
  await assert.rejects(fetchToken("/rooms/ai/voters", "b1"), { code: "audience.closed", text: "It is closed." });
  await fetchToken("/rooms/ai/voters", "b1");
  await assert.rejects(fetchToken("/rooms/ai/voters", "b1"), { code: "rate.network", retry: true, details: { retry_after: 7 } });
  await fetchToken("/rooms/ai/voters", "b1");
  await assert.rejects(fetchToken("/rooms/ai/voters", "b1"), { code: "live.unanswered" });
  assert.equal(asked[0], "POST /rooms/ai/voters/b1");
});

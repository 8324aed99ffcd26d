// A judge's own key: made once, signs what the server checks, and never leaves the browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.mjs";
import { shortKey, standingOf } from "../../web/static/js/keys/keydesk.js";
import { OwnKey } from "../../web/static/js/keys/ownkey.js";

const SAID = { command: "command-0001", kind: "ballot", project: "arm", replaces: 0, round: 1, scores: { team: 8 } };
const TEXT =
  'roadshow ballot 1\n{"command":"command-0001","judge":"lin","kind":"ballot","poll":"ai","project":"arm","replaces":0,"round":1,"rules":"abc","scores":{"team":8}}';

/** A browser's cabinet, and what is in it. */
function cabinet() {
  const kept = { /** @type {CryptoKeyPair | undefined} */ pair: undefined };
  return {
    kept,
    load: async () => kept.pair,
    keep: async (/** @type {CryptoKeyPair} */ pair) => (kept.pair ??= pair),
  };
}

/** @param {ReturnType<typeof cabinet>} [place] */
async function opened(place = cabinet()) {
  const own = new OwnKey({ poll: "ai", judge: "lin" }, place);
  await own.open();
  own.hear("abc");
  return own;
}

/** @param {string} text */
const bytes = (text) => Buffer.from(text, "base64url");

/** @param {import("../../web/static/js/keys/ownkey.js").Signed} signed */
async function verified({ key, signature }) {
  const [name, raw] = key.split(":");
  const [how, check] = name === "ed25519" ? [{ name: "Ed25519" }, { name: "Ed25519" }] : [{ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", hash: "SHA-256" }];
  const imported = await crypto.subtle.importKey("raw", bytes(raw ?? ""), how, true, ["verify"]);
  return crypto.subtle.verify(check, imported, bytes(signature), Buffer.from(TEXT));
}

/** @template T @param {(kind: unknown) => boolean} refuses @param {() => Promise<T>} then @returns {Promise<T>} */
async function inABrowserWithout(refuses, then) {
  const real = crypto.subtle.generateKey;
  const made = /** @type {any} */ (async (/** @type {any} */ how, /** @type {any} */ ...rest) => {
    if (refuses(how.name)) throw new DOMException("unknown", "NotSupportedError");
    return real.call(crypto.subtle, how, ...rest);
  });
  crypto.subtle.generateKey = made;
  try {
    return await then();
  } finally {
    crypto.subtle.generateKey = real;
  }
}

test("what is signed is the documented text", async () => {
  const own = await opened();
  assert.match(own.text, /^ed25519:[\w-]{43}$/);
  assert.ok(await verified(await own.sign(/** @type {any} */ (SAID))));
});

test("a browser without Ed25519 signs by P-256", async () => {
  const own = await inABrowserWithout((name) => name === "Ed25519", () => opened());
  assert.match(own.text, /^p256:[\w-]{87}$/);
  assert.ok(await verified(await own.sign(/** @type {any} */ (SAID))));
});

test("the key cannot be taken out of the browser", async () => {
  const place = cabinet();
  await opened(place);
  await assert.rejects(crypto.subtle.exportKey("pkcs8", /** @type {CryptoKeyPair} */ (place.kept.pair).privateKey));
});

test("the next page has the same key", async () => {
  const place = cabinet();
  assert.equal((await opened(place)).text, (await opened(place)).text);
});

test("where no key can be made or kept nothing is signed", async () => {
  const without = await inABrowserWithout(() => true, () => opened());
  const forgetful = await opened({ ...cabinet(), keep: async () => Promise.reject(new Error("a private window")) });
  for (const own of [without, forgetful]) {
    assert.equal(own.text, "");
    assert.deepEqual(await own.sign(/** @type {any} */ (SAID)), { key: "", signature: "" });
  }
});

test("a judge who votes without a key signs nothing, also where there is one", async () => {
  const own = await opened();
  own.rests = true;
  assert.deepEqual(await own.sign(/** @type {any} */ (SAID)), { key: "", signature: "" });
});

test("rules that were told anew are those that are signed", async () => {
  const own = await opened();
  own.hear("before the last judge enrolled");
  own.hear("abc");
  assert.ok(await verified(await own.sign(/** @type {any} */ (SAID))));
});

test("a desk knows how its key stands to the one that is enrolled", () => {
  for (const [own, key, asked_key, standing] of /** @type {const} */ ([
    ["mine", "mine", null, "mine"],
    ["mine", null, null, "none"],
    ["mine", "other", null, "other"],
    ["mine", "other", "mine", "asked"],
    ["mine", null, "mine", "asked"],
    ["mine", "mine", "other", "mine"],
    ["mine", "", null, "keyless"],
    ["", "", null, "keyless"],
    ["", null, null, "impossible"],
    ["", "other", null, "impossible"],
    ["", "other", "", "asked"],
  ])) {
    assert.equal(standingOf(own, { key, asked_key }), standing, `${own} ${key} ${asked_key}`);
  }
});

test("people read each other the beginning of a key", () => {
  assert.equal(shortKey("ed25519:AbCdEfGhIj"), "AbCd EfGh");
});

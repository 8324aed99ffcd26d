// Words, numbers and times in the page's language.

import assert from "node:assert/strict";
import { afterEach, describe, mock, test } from "node:test";

import { page } from "./page.mjs";

page.language = "ru";
page.messages = {
  "{count} vote": { one: "{count} голос", few: "{count} голоса", many: "{count} голосов" },
  Vote: "Голосовать",
  "Vote for {project}": "Голосовать за {project}",
};
const { formatDate, formatDateTime, formatDuration, formatNumber, formatRate, formatShare, formatTime, listed, ownZone, t, tn, withLocalSign } = await import(
  "../../web/static/js/lib/i18n.js"
);

test("a text comes from the catalogue, or stands for itself", () => {
  assert.equal(t("Vote"), "Голосовать");
  assert.equal(t("Not translated yet"), "Not translated yet");
});

test("values are put in as they are, and only those that were given", () => {
  // A project may be called {count}, or hold a dollar sign.
  assert.equal(t("Vote for {project}", { project: "{count} $& Ltd" }), "Голосовать за {count} $& Ltd");
  assert.equal(t("Vote for {project}", {}), "Голосовать за {project}");
});

test("Russian counts in three forms", () => {
  const said = [1, 2, 5, 11, 21, 1_000].map((count) => tn("{count} vote", "{count} votes", count));
  assert.deepEqual(said, ["1 голос", "2 голоса", "5 голосов", "11 голосов", "21 голос", "1\u00a0000 голосов"]);
  assert.equal(tn("{count} seat", "{count} seats", 2), "2 seats");
});

test("a time is the event's own unless another zone is asked for", () => {
  const at = Date.UTC(2020, 10, 29, 4, 5);
  assert.equal(formatTime(at), "12:05");
  assert.equal(formatTime(at, "Europe/Moscow"), "07:05");
  assert.notEqual(formatDateTime(at), formatDateTime(at, "Europe/Moscow"));
});

test("a span is told in whole seconds and at most two units", () => {
  assert.equal(formatDuration(0), "0 секунд");
  assert.equal(formatDuration(90_400), "1 минута 30 секунд");
  assert.equal(formatDuration(3_600_000), "1 час");
  assert.equal(formatDuration(90_061_000), "1 день 1 час");
});

test("shares and rates have as many digits as they deserve", () => {
  assert.deepEqual([0, 0.004, 0.12].map(formatShare), ["0\u00a0%", "0,4\u00a0%", "12\u00a0%"]);
  assert.match(formatRate(48_000), /^48\s/);
  assert.match(formatRate(1_440_000), /^1,4\s/);
  assert.equal(formatNumber(87.6, 2), "87,60");
});

test("what is less than nothing has a minus sign, however it is written", () => {
  // A hyphen is half as wide as a plus, and a line may break behind it.
  const signed = [formatNumber(-3.42, 2), withLocalSign("-3.42"), formatShare(-0.5), formatNumber(-7)];
  assert.deepEqual(signed, ["\u22123,42", "\u22123,42", "\u221250\u00a0%", "\u22127"]);
  assert.equal(listed(["А", "Б"]), "А, Б");
});

test("an exact score keeps its figures and gets the language's sign", () => {
  assert.equal(withLocalSign("87.60"), "87,60");
});

describe("where the browser's Intl fails, a label is plain and cannot be misread", () => {
  const whole = globalThis.Intl;
  const at = Date.UTC(2020, 10, 29, 4, 5);
  afterEach(() => (globalThis.Intl = whole));

  /** As browsers fail: a constructor that throws, a part that is not there. @param {Record<string, unknown>} parts */
  function broken(parts) {
    globalThis.Intl = Object.create(whole, Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, { value }])));
  }

  test("a zone that it does not know is told in UTC", () => {
    assert.equal(formatTime(at, "Mars/Olympus"), "04:05 UTC");
    assert.match(formatDateTime(at, "Etc/Unknown"), /04:05 UTC$/);
  });

  test("nothing at all is there", () => {
    globalThis.Intl = undefined;
    assert.equal(formatTime(at), "04:05 UTC");
    assert.equal(formatDate(at), "2020-11-29 UTC");
    assert.equal(formatDateTime(at), "2020-11-29 04:05 UTC");
    assert.equal(formatTime(NaN), "–");
    assert.equal(formatNumber(1234.5, 1), "1234.5");
    assert.equal(formatShare(0.004), "0.4 %");
    assert.equal(formatRate(1_440_000), "1.4\u00a0Mb/s");
    assert.equal(formatDuration(90_400), "1 min 30 s");
    assert.equal(tn("{count} vote", "{count} votes", 2), "2 голосов");
    assert.equal(withLocalSign("87.60"), "87.60");
    assert.equal(ownZone(), undefined);
  });

  test("each label fails by itself", () => {
    broken({ PluralRules: undefined });
    assert.equal(tn("{count} vote", "{count} votes", 5), "5 голосов");
    assert.equal(formatTime(at), "12:05");
  });

  for (const zone of ["Etc/Unknown", undefined, "", "Mars/Olympus"]) {
    test(`the reader's own zone is ${zone}`, () => {
      const { DateTimeFormat } = whole;
      broken({
        DateTimeFormat: class extends DateTimeFormat {
          resolvedOptions() {
            return { ...super.resolvedOptions(), timeZone: zone };
          }
        },
      });
      assert.equal(ownZone(), undefined);
      assert.equal(formatTime(at, ownZone()), "12:05");
    });
  }
});

test("two sentences have a space between them, and none in Chinese", async () => {
  // The same is done to pages by the server: closed_up() in roadshow/languages.py.
  const { page: told } = await import("../../web/static/js/lib/page.js");
  const { language } = told;
  told.language = "zh";
  const chinese = await import("../../web/static/js/lib/i18n.js?zh-sentences");
  told.language = language;
  assert.equal(chinese.sentences(["到 0:00 您的麦克风将关闭。", "随后由评委提问。"]), "到 0:00 您的麦克风将关闭。随后由评委提问。");
  const { sentences } = await import("../../web/static/js/lib/i18n.js");
  assert.equal(sentences(["", "Time is up.", "Then the judges score."]), "Time is up. Then the judges score.");
});

test("a Chinese date and its time, and Chinese names, have no Western comma between them", async () => {
  // Some browsers' data set one.
  const { page: told } = await import("../../web/static/js/lib/page.js");
  const { language } = told;
  const whole = Intl.DateTimeFormat;
  told.language = "zh";
  const chinese = await import("../../web/static/js/lib/i18n.js?zh");
  told.language = language;
  assert.equal(chinese.listed(["甲", "乙", "丙"]), "甲、乙、丙");
  Intl.DateTimeFormat = class {
    format = () => "11月28日, 21:13";
  };
  const said = chinese.formatDateTime(0);
  Intl.DateTimeFormat = whole;
  assert.equal(said, "11月28日 21:13");
});

test("a bit rate is parted at neither its slash nor its unit", () => {
  mock.getter(Intl.NumberFormat.prototype, "format", () => () => "1.4 Mb/秒"); // as Chinese has it
  assert.equal(formatRate(1_440_000), "1.4\u00a0Mb/\u2060秒");
  mock.restoreAll();
});

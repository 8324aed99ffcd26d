// Words, numbers and times in the page's language. Texts come from the catalogues through the page's data.
// The only module that asks the browser's Intl. Any of that may be missing or throw (an old screen's browser, a machine that
// does not know where it stands): then a plain form stands in that cannot be misread, for this one label alone.

import { page } from "./page.js";

const { language = "en", messages = {}, time_zone: eventZone } = page;
/** What machines answer that do not know their zone. */
const NOWHERE = "Etc/Unknown";
/** Units where the browser has no words for them. @type {Record<string, string>} */
const SIGNS = { day: "d", hour: "h", minute: "min", second: "s", "kilobit-per-second": "kb/s", "megabit-per-second": "Mb/s" };

/** The first of these that the browser can do. @param {...(() => string)} ways the last cannot fail */
function oneOf(...ways) {
  for (const way of ways) {
    try {
      return way();
    } catch {
      // The next is plainer.
    }
  }
  return "";
}

/**
 * A text in the page's language; `{name}` is filled from `values`.
 * @param {string} text in English, as in the catalogues
 * @param {Record<string, string|number>} [values]
 */
export function t(text, values = {}) {
  const found = messages[text];
  return fill(typeof found === "string" ? found : text, values);
}

/**
 * A text that depends on a number; `{count}` is the number.
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @param {Record<string, string|number>} [values]
 */
export function tn(one, many, count, values = {}) {
  const forms = messages[one];
  const english = count === 1 ? one : many;
  const text = typeof forms === "object" ? (forms[formOf(count)] ?? forms.other ?? forms.many ?? english) : english;
  return fill(text, { count: formatNumber(count), ...values });
}

/** CLDR's name of a number's plural. @param {number} count */
function formOf(count) {
  return oneOf(() => new Intl.PluralRules(language).select(count));
}

/**
 * @param {string} text
 * @param {Record<string, string|number>} values
 */
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * @param {number} number
 * @param {number} [digits] exactly so many after the decimal sign
 */
export function formatNumber(number, digits = 0) {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return withMinus(
    oneOf(
      () => new Intl.NumberFormat(language, options).format(number),
      () => number.toFixed(digits),
    ),
  );
}

/** A score comes as text with a point: it is exact, so it never becomes a number. Here as the page's language writes it. @param {string} exact */
export function withLocalSign(exact) {
  return withMinus(exact.replace(".", formatNumber(1.5, 1).charAt(1)));
}

/** What is less than nothing has a minus sign, not a hyphen: as wide as a plus, and never left behind at a line's end. @param {string} number */
function withMinus(number) {
  return number.replace("-", "\u2212");
}

/** Names in a row, as the page's language parts them. @param {readonly string[]} names */
export function listed(names) {
  return names.join(language === "zh" ? "、" : ", ");
}

/** Whole sentences, one after the other: Chinese has no space after its own full stop. @param {readonly string[]} said */
export function sentences(said) {
  return said.filter(Boolean).join(language === "zh" ? "" : " ");
}

/**
 * A share of 1 in per cent: "0 %", "0.4 %", "12 %".
 * @param {number} share
 */
export function formatShare(share) {
  const digits = share > 0 && share < 0.1 ? 1 : 0;
  return withMinus(
    oneOf(
      () => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: digits }).format(share),
      () => `${(share * 100).toFixed(digits)} %`,
    ),
  );
}

/**
 * A bit rate: "48 kb/s", "1.4 Mb/s", in one piece: a line would else end after a slash or before a unit.
 * @param {number} bits per second
 */
export function formatRate(bits) {
  const rate = bits < 1_000_000 ? measure(bits / 1000, "kilobit-per-second") : measure(bits / 1_000_000, "megabit-per-second", 1);
  return rate.replace(" ", "\u00a0").replace(/\/(?=[^ -~])/, "/\u2060"); // before Latin letters no browser breaks there
}

/**
 * @param {number} amount
 * @param {string} unit as in CLDR
 * @param {number} [digits]
 * @param {"short" | "long"} [unitDisplay]
 */
function measure(amount, unit, digits = 0, unitDisplay = "short") {
  const options = { unit, unitDisplay, minimumFractionDigits: digits, maximumFractionDigits: digits };
  return oneOf(
    () => new Intl.NumberFormat(language, { style: "unit", ...options }).format(amount),
    () => `${amount.toFixed(digits)} ${SIGNS[unit]}`,
  );
}

/**
 * Side by side, with a dot between them that never begins a line. Empty parts are left out.
 * @param {(string|undefined)[]} parts
 */
export function dotted(parts) {
  return parts.filter(Boolean).join("\u00a0· ");
}

/**
 * Hours and minutes, 24 h.
 * @param {number} at ms since the epoch
 * @param {string} [zone] IANA name; undefined: the event's
 */
export function formatTime(at, zone = eventZone) {
  return format(at, zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/**
 * Day, month and year.
 * @param {number} at ms since the epoch
 * @param {string} [zone]
 */
export function formatDate(at, zone = eventZone) {
  return format(at, zone, { dateStyle: "long" });
}

/**
 * Day, month, hours and minutes.
 * @param {number} at ms since the epoch
 * @param {string} [zone]
 */
export function formatDateTime(at, zone = eventZone) {
  const said = format(at, zone, { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return language === "zh" ? said.replace(", ", " ") : said; // some browsers set a Western comma between Chinese date and time
}

/**
 * @param {number} at
 * @param {string} zone
 * @param {Intl.DateTimeFormatOptions} options
 * @returns {string} where the browser cannot do the zone: in UTC, and says so
 */
function format(at, zone, options) {
  return oneOf(
    () => new Intl.DateTimeFormat(language, { ...options, timeZone: zone }).format(at),
    () => `${new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(at)} UTC`,
    () => plainUtc(at, options),
    () => "–",
  );
}

/** @param {number} at @param {Intl.DateTimeFormatOptions} options */
function plainUtc(at, { hour, day, dateStyle }) {
  const [date, time] = new Date(at).toISOString().split("T");
  return [...(day || dateStyle ? [date] : []), ...(hour ? [time?.slice(0, 5)] : []), "UTC"].join(" ");
}

/**
 * A span in words: "2 minutes", "30 seconds", "1 hour 5 minutes". Whole seconds; at most two units.
 * @param {number} ms
 */
export function formatDuration(ms) {
  const whole = Math.round(Math.abs(ms) / 1000);
  const parts = /** @type {[string, number][]} */ ([
    ["day", Math.floor(whole / 86_400)],
    ["hour", Math.floor(whole / 3600) % 24],
    ["minute", Math.floor(whole / 60) % 60],
    ["second", whole % 60],
  ]);
  const first = parts.findIndex(([, amount]) => amount > 0);
  if (first < 0) return measure(0, "second", 0, "long");
  return parts
    .slice(first, first + 2)
    .filter(([, amount]) => amount > 0)
    .map(([name, amount]) => measure(amount, name, 0, "long"))
    .join(" ");
}

/** The reader's own time zone, an IANA name that the browser can do; undefined: nobody knows, so the event's is to be shown. */
export function ownZone() {
  const zone = oneOf(
    () => {
      const found = new Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
      new Intl.DateTimeFormat("en", { timeZone: found || NOWHERE });
      return found;
    },
    () => "",
  );
  return zone === "" || zone === NOWHERE ? undefined : zone;
}

/**
 * A project's place in words: champion, runner-up, third place.
 * @param {number} place
 */
export function placeName(place) {
  switch (place) {
    case 1:
      return t("Champion");
    case 2:
      return t("Runner-up");
    case 3:
      return t("Third place");
    default:
      return t("Place {place}", { place });
  }
}

// Words, numbers and times in the page's language. Texts come from the catalogues through the page's data.

import { page } from "./page.js";

const { language = "en", messages = {}, time_zone: eventZone } = page;
const plurals = new Intl.PluralRules(language);

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
  const text = typeof forms === "object" ? (forms[plurals.select(count)] ?? forms.other ?? english) : english;
  return fill(text, { count: formatNumber(count), ...values });
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
  return number.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/**
 * A share of 1 in per cent: "0 %", "0.4 %", "12 %".
 * @param {number} share
 */
export function formatShare(share) {
  return share.toLocaleString(language, { style: "percent", maximumFractionDigits: share > 0 && share < 0.1 ? 1 : 0 });
}

/**
 * A bit rate: "48 kb/s", "1.4 Mb/s".
 * @param {number} bits per second
 */
export function formatRate(bits) {
  const [unit, amount, digits] = bits < 1_000_000 ? ["kilobit-per-second", bits / 1000, 0] : ["megabit-per-second", bits / 1_000_000, 1];
  return amount.toLocaleString(language, { style: "unit", unit, minimumFractionDigits: digits, maximumFractionDigits: digits });
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
  return format(at, zone, { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/**
 * @param {number} at
 * @param {string} zone
 * @param {Intl.DateTimeFormatOptions} options
 */
function format(at, zone, options) {
  return new Intl.DateTimeFormat(language, { ...options, timeZone: zone }).format(at);
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
  if (first < 0) return unit("second", 0);
  return parts
    .slice(first, first + 2)
    .filter(([, amount]) => amount > 0)
    .map(([name, amount]) => unit(name, amount))
    .join(" ");
}

/**
 * @param {string} name
 * @param {number} amount
 */
function unit(name, amount) {
  return new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "long" }).format(amount);
}

/** The reader's own time zone, an IANA name. */
export function ownZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
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

// The auditor's desk: a field's ledger as it grows, held against what this browser saw before, and at last against the record.

import { contradictions, missing, note, recall } from "./audit/notes.js";
import { AuditView } from "./audit/view.js";
import { chainOf, isPublished } from "./lib/chain.js";
import { must } from "./lib/dom.js";
import { formatNumber, t } from "./lib/i18n.js";
import { keep, kept } from "./lib/kept.js";
import { page, ready } from "./lib/page.js";
import { watchWho } from "./lib/who.js";
import { showConnection } from "./live/banner.js";
import { connect } from "./live/live.js";

/** @typedef {import("./audit/notes.js").Entry} Entry */
/** @typedef {import("./audit/notes.js").Difference} Difference */

/** Ask again after a failure, ms. */
const TRY_AGAIN = 3_000;

const { room, projects, people, entries: address, record: recordAddress } = page;
const KEY = `roadshow.audit.${location.host}.${address}`;
const live = connect(page.live);
const view = new AuditView({ projects, people });
const noted = recall(kept("local", KEY));

/** @type {Entry[]} */ const seen = [];
/** @type {Map<number, Difference>} */ const differences = new Map();
let wanted = 0;
let rules = "";
let gone = 0;
let rewritten = false;
/** How many acts after the podium the record had that was held against what was seen; -1: none yet. */ let compared = -1;
let reading = false;

live.follow(room.id, ({ ledger, ceremony }) => {
  if (!ledger) return;
  ({ rules } = ledger);
  wanted = ledger.sequence;
  gone = missing(noted, wanted);
  void read().then(() => (ceremony.state === "revealed" ? compare(ceremony.after) : undefined));
});
showConnection(live, must("#connection"), t("Reconnecting. What happens meanwhile is in the ledger."), t("This desk is closed. Ask the organiser for a new link."));
must("#audit-save").addEventListener("click", () => save());

async function read() {
  if (reading) return;
  reading = true;
  try {
    for (let more = true; more || seen.length < wanted; ) {
      const answer = await fetch(`${address}?after=${seen.length}`, { headers: { Accept: "application/json" } });
      const found = await answer.json();
      rewritten = found.code === "ledger.rewritten";
      if (!answer.ok) break;
      take(found.entries);
      ({ more } = found);
      if (!found.entries.length) break;
    }
  } catch {
    setTimeout(() => void read(), TRY_AGAIN);
  } finally {
    reading = false;
    draw();
  }
}

/** @param {Entry[]} found */
function take(found) {
  for (const one of note(noted, rules, found)) differences.set(one.sequence, one);
  seen.push(...found);
  must("#audit-storage").hidden = keep("local", KEY, JSON.stringify(noted));
}

/** The record is out, and has so many acts after the podium: it must be what was seen before it was asked for. @param {number} after */
async function compare(after) {
  if (compared === after) return;
  const before = { rules: noted.rules, hashes: [...noted.hashes] };
  const answer = await fetch(recordAddress, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || !globalThis.crypto?.subtle) return;
  const record = await answer.json().catch(() => null);
  if (!isPublished(record)) return;
  for (const one of await contradictions(before, record, chainOf)) differences.set(one.sequence, one);
  compared = after;
  draw();
}

function draw() {
  view.showRules(rules);
  view.draw(seen);
  const alarms = [...differences.values()].sort((one, other) => one.sequence - other.sequence).map(({ sequence }) =>
    sequence
      ? t("Entry {number} is not what this browser saw before.", { number: formatNumber(sequence) })
      : t("The rules are not those under which the voting began."),
  );
  if (gone) alarms.unshift(t("Entries that this browser has seen are gone: {count}.", { count: formatNumber(gone) }));
  if (rewritten) alarms.unshift(t("The server found that its store has lost or changed what it had acknowledged."));
  const sofar = seen.length ? t("All entries are as this browser saw them first.") : "";
  view.alarm(alarms, compared < 0 ? sofar : t("The published record has every entry as this browser saw it."));
}

/** To be kept elsewhere: the rules' hash, then each entry's, one a line. `roadshow recount --head` takes any of them. */
function save() {
  const lines = [noted.rules, ...noted.hashes];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\n"), "\n"], { type: "text/plain" }));
  link.download = `heads-${room.id}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), TRY_AGAIN);
}

watchWho();
ready();

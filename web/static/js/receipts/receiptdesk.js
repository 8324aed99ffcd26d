// What a judge sees of their receipts: an alarm in plain words where the server does not stand by one, and a file to take home.

import { must, write, writeOrHide } from "../lib/dom.js";
import { t, tn } from "../lib/i18n.js";

/**
 * @typedef {import("./receipts.js").Receipts} Receipts
 * @typedef {import("./receipts.js").Alarm} Alarm
 * @typedef {import("../live/protocol.js").CeremonyView} CeremonyView
 */

/** Until the record is asked for once more, where it did not come, ms. */
const ASK_AGAIN = 30_000;

/** @param {Receipts} receipts @param {(project: string) => string} nameOf @param {string} room */
export function showReceipts(receipts, nameOf, room) {
  const [box, list, save] = [must("#receipt-alarm"), must("#receipt-alarm ul"), must("#save-receipts")];
  const draw = () => {
    save.hidden = receipts.count === 0 || receipts.alarms.length > 0; // the alarm has a button of its own
    must("#receipts-unchecked").hidden = !receipts.unchecked;
    const { borneOut } = receipts;
    const found = borneOut > 0 && tn("Your receipt is in the published record.", "Your {count} receipts are in the published record.", borneOut);
    writeOrHide(must("#receipts-published"), found || "");
    box.hidden = receipts.alarms.length === 0;
    list.replaceChildren(
      ...receipts.alarms.map((alarm) => {
        const line = document.createElement("li");
        write(line, words(alarm, nameOf));
        return line;
      }),
    );
  };
  const download = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([receipts.file()], { type: "application/json" }));
    link.download = `receipts-${room}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href));
  };
  receipts.onchange = draw;
  save.addEventListener("click", download);
  must("#receipt-alarm [data-save]").addEventListener("click", download);
  must("#receipt-alarm [data-forget]").addEventListener("click", () => receipts.forget());
  draw();
}

/**
 * Hold the receipts against the published record, once there is one and whenever something is added to it. To be called with all that the room says.
 * @param {Receipts} receipts @param {string} address of the record @returns {(ceremony: CeremonyView) => void}
 */
export function watchRecord(receipts, address) {
  let asked = -1;
  const look = async () => {
    const { heads } = receipts;
    const answer = await fetch(address).catch(() => undefined);
    const record = answer?.ok ? await answer.json().catch(() => null) : null;
    if (!(await receipts.published(record, heads))) setTimeout(look, ASK_AGAIN);
  };
  return ({ state, after }) => {
    if (state !== "revealed" || asked === after) return;
    asked = after;
    void look();
  };
}

/** @param {Alarm} alarm @param {(project: string) => string} nameOf */
function words({ fault, project: id }, nameOf) {
  const project = id && nameOf(id);
  if (fault === "key") return t("The server signs with another key than when you first came.");
  if (fault === "head") return t("The published record is not of the rules, or not of the ledger, that everybody was told of at the time.");
  if (fault === "signature") return t("The receipt for {project} is not signed with the server's key.", { project });
  if (fault === "missing") return t("The server acknowledged your ballot for {project}, and does not hold it any more.", { project });
  if (fault === "published") return t("The published record does not have your ballot for {project} as it was acknowledged to you.", { project });
  return t("The server holds another ballot for {project}, or another record before it, than it acknowledged to you.", { project });
}

// All cards once more, once the pitches are over: told to every judge, with the time that is left.

import { must, writeOrHide } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { ownTime } from "../lib/times.js";

/** Until when cards are open for it; null: they are not. @param {Pick<import("../live/follow.js").Room, "session" | "windows">} room @param {number} now */
export function deliberatesUntil({ session, windows }, now) {
  if (!session.over) return null;
  const ends = (windows?.windows ?? []).flatMap((one) => (one.open && one.round === 1 && one.closes_at !== null ? [one.closes_at] : []));
  const last = Math.max(0, ...ends);
  return last > now ? last : null;
}

/** @param {import("../live/follow.js").Room} room @param {number} now */
export function showDeliberation(room, now) {
  const until = deliberatesUntil(room, now);
  const text = until === null ? "" : t("Deliberation: all cards are open until {time}. Whoever wants to changes what they gave.", { time: ownTime(until) });
  writeOrHide(must("#deliberation"), text);
}

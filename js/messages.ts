// What developers are told.

import { attempt } from "./browser/storage.ts";

/** Tells the developer. A page may have put anything in the console's place. */
export function say(level: "error" | "warn" | "log", ...what: string[]): void {
  attempt(() => console[level]("natero:", ...what));
}

/** By the reason, in the order of the engine's counters: code, what happened, what to do. */
export const REASONS = [
  ["consent", "", ""],
  ["disabled", "", ""],
  ["before_send", "beforeSend threw or returned no event", "Return the event, or null to drop it"],
  ["overflow", "more events wait than maxQueueBytes allows", "The least important went first"],
  ["rejected", "the collector refused them", "See what it says"],
  ["too_large", "the collector finds them too large, each alone", "Send fewer details"],
] as const;

/** Code and message. */
export function lost(said: string, reason: number, count: number, status: number): [code: string, message: string] {
  const [code, what, advice] = REASONS[reason]!;
  const keys = status === 401 || status === 403;
  return [
    keys ? "unauthorized" : code,
    `${count} event${count === 1 ? " was" : "s were"} dropped: ${what}` +
      (status ? ` (${status}${said && `, ${said}`})` : "") +
      `. ${keys ? "Check apiKey and authKey" : advice}.`,
  ];
}

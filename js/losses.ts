// The messages about events that will not be delivered.

import type { Loss, Reason } from "./generated/core.d.ts";

/** What happened, and what to do. */
const EXPLAINED: Record<Reason, readonly [happened: string, advice: string]> = {
  consent: ["consent is missing", "Call optIn() when there is consent"],
  disabled: ["sending is disabled", "See disableEventSend"],
  before_send: ["beforeSend threw or returned no event", "Return the event, or null to drop it"],
  identity: ["the identity changed before account and user were known", "Set both before another user comes"],
  overflow: ["more events wait than maxQueueBytes allows", "The least important went first"],
  rejected: ["the collector refused them", "See what it says"],
  too_large: ["the collector finds them too large, each alone", "Send fewer details"],
};

/** The code and the message of a loss. */
export function explain({ reason, count, status, message }: Loss): { code: string; message: string } {
  const explained = EXPLAINED[reason];
  const isUnauthorized = status === 401;
  const answer = status ? ` (${status}${message && `, ${message}`})` : "";
  return {
    code: isUnauthorized ? "unauthorized" : reason,
    message: `${count} event${count === 1 ? " was" : "s were"} dropped: ${explained[0]}${answer}. ${
      isUnauthorized ? "Check apiKey and authKey" : explained[1]
    }.`,
  };
}

// The messages about events that will not be delivered.

import { CHECK_KEYS, LOSSES } from "./generated/contract.ts";
import type { Loss } from "./generated/core.d.ts";

/** The code and the message of a loss. */
export function explain({ reason, count, status, message }: Loss): { code: string; message: string } {
  const explained = LOSSES[reason];
  const isUnauthorized = status === 401;
  const answer = status ? ` (${status}${message && `, ${message}`})` : "";
  return {
    code: isUnauthorized ? "unauthorized" : reason,
    message: `${count} event${count === 1 ? " was" : "s were"} dropped: ${explained[0]}${answer}. ${
      isUnauthorized ? CHECK_KEYS : explained[1]
    }.`,
  };
}

// The class in tests: the same surface and the same refusals, with memory behind it.

import { id, plainCopy } from "../arguments.ts";
import { Tracker } from "../na.ts";
import { checkSettings } from "../settings.ts";
import type { Id, Names, Settings } from "../types.ts";
import { Memory, made, RecordedCalls } from "./memory.ts";

/** The trackers that were made, by their keys: each source has one, however often it is constructed. */
const trackers = new Map<string, RecordedCalls>();

/** A tracker whose events stay in memory. */
export class na<App extends Names = Names> extends Tracker<App> {
  /**
   * @param apiKey The source's API key.
   * @param authKey The source's auth key.
   * @param settings See {@link Settings}.
   */
  constructor(apiKey: Id, authKey: Id, settings?: Settings) {
    const problems: string[] = [];
    const given = withoutPath(settings);
    const checked = checkSettings(given, (problem) => problems.push(problem));
    const source = sourceOf(apiKey, authKey, (problem) => problems.push(problem));
    const other = trackers.get(source);
    if (other) {
      super(other);
      if (settings?.accountId != null) this.setAccountId(settings.accountId);
      if (settings?.userId != null) this.setUserId(settings.userId);
      return;
    }
    const isOff = !source || !checked.endpoint;
    const calls = new RecordedCalls(isOff, false, undefined, checked.onError);
    calls.ready = Promise.resolve(!isOff);
    calls.end = () => trackers.delete(source);
    for (const problem of problems) calls.refuse("new na", problem);
    if (!isOff) {
      trackers.set(source, calls);
      calls.begin(new Memory(calls, checked).crossing());
    }
    super(calls);
  }
}

/** A test has no origin that a path could be of. */
function withoutPath(settings: unknown): unknown {
  const copy = plainCopy(settings ?? {});
  if (typeof copy === "string") return settings;
  const { endpoint, ...rest } = copy;
  return typeof endpoint === "string" && endpoint.startsWith("/") ? rest : settings;
}

function sourceOf(apiKey: unknown, authKey: unknown, tell: (problem: string) => void): string {
  try {
    return `${id("authKey", authKey)}\n${id("apiKey", apiKey)}`;
  } catch (refusal) {
    tell(`${refusal} The tracker is off: pass the two keys of your source, new na(apiKey, authKey, settings).`);
    return "";
  }
}

/** Forgets all events and problems, so that the next test begins anew. Trackers that are there go on; those that are constructed from now on share nothing with them. */
export function clear(): void {
  made.events.length = 0;
  made.held.clear();
  made.problems.length = 0;
  trackers.clear();
}

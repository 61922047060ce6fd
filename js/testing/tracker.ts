// The class for tests: the same methods and the same refusals, with events in memory.

import { id } from "../arguments.ts";
import { DEFAULT_ENDPOINT } from "../generated/contract.ts";
import { endpointOf, type GivenSettings, PATH, readSettings } from "../given-settings.ts";
import { Tracker } from "../na.ts";
import { isAddress } from "../page/browser.ts";
import { refusalOf, refuse } from "../refusal.ts";
import { checkSettings } from "../settings.ts";
import type { Id, Names, Settings } from "../types.ts";
import { explain } from "../words.ts";
import { MemoryEngine } from "./memory-engine.ts";
import { RecordedCalls, recorded } from "./recorded.ts";

/** The existing trackers, by source. Each source has one, however often it is constructed. */
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
    const givenSettings = settingsOf(settings, problems);
    const checked = checkSettings(givenSettings ?? {}, (problem) => problems.push(`new na: ${problem}`));
    const source = sourceOf(apiKey, authKey, givenSettings, problems);
    const other = trackers.get(source);
    if (other) {
      super(other);
      // This does not call overridable methods: a subclass may need what its constructor has not set up yet. The user
      // comes first, because the account of a user who stays is not expected to change.
      if (givenSettings?.userId != null) super.setUserId(givenSettings.userId as Id);
      if (givenSettings?.accountId != null) super.setAccountId(givenSettings.accountId as Id);
      return;
    }
    const isOff = !source;
    const calls = new RecordedCalls(isOff, checked.onError);
    calls.ready = Promise.resolve(!isOff);
    calls.end = () => trackers.delete(source);
    for (const problem of problems) {
      calls.refused += 1;
      calls.report("invalid_argument", problem, 0);
    }
    if (!isOff) {
      trackers.set(source, calls);
      calls.driver = new MemoryEngine(calls, checked).driver();
    }
    super(calls);
  }
}

/** Stands for the page's own origin, which a test does not have. */
const OWN_ORIGIN = "http://own.invalid";

/** A copy of the settings; `undefined` if they throw. */
function settingsOf(settings: unknown, problems: string[]): GivenSettings | undefined {
  const givenSettings = found(() => readSettings(settings), problems);
  const endpoint = givenSettings?.endpoint;
  if (typeof endpoint !== "string" || !PATH.test(endpoint)) return givenSettings;
  const own = OWN_ORIGIN + endpoint;
  // A value that is not a path either is reported as it was passed.
  return endpointOf(own) ? { ...givenSettings, endpoint: own } : givenSettings;
}

/** The name of a source; empty if the keys, the endpoint or the settings are invalid. */
function sourceOf(
  apiKey: unknown,
  authKey: unknown,
  givenSettings: GivenSettings | undefined,
  problems: string[],
): string {
  const keys = found(() => `${id("authKey", authKey)}\n${id("apiKey", apiKey)}`, problems);
  if (!givenSettings) return "";
  const endpoint = endpointOf("endpoint" in givenSettings ? givenSettings.endpoint : DEFAULT_ENDPOINT);
  const isEndpoint = isAddress(endpoint);
  if (!isEndpoint) found(() => refuse("endpoint", givenSettings.endpoint), problems);
  return isEndpoint && keys ? `${endpoint}\n${keys}` : "";
}

/** The result of a function. If it refuses something, adds that to the problems. */
function found<Found>(find: () => Found, problems: string[]): Found | undefined {
  try {
    return find();
  } catch (thrown) {
    problems.push(explain("new na", refusalOf(thrown)));
    return undefined;
  }
}

/**
 * Forgets all events and problems, so that the next test starts afresh. Existing trackers go on, but trackers
 * constructed from now on share nothing with them.
 */
export function clear(): void {
  recorded.events.length = 0;
  recorded.waiting.clear();
  recorded.problems.length = 0;
  trackers.clear();
}

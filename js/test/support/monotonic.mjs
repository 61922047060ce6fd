// The monotonic clock of a page, in the place of Node's own. In Node 18 that cannot be assigned.

/** Has `performance` tell another time. */
export function replaceMonotonic(now) {
  replaceMember("now", now);
}

/** Has a member of `performance` do something else. */
export function replaceMember(name, value) {
  Object.defineProperty(performance, name, { configurable: true, writable: true, value });
}

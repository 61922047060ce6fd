// Replaces Node's monotonic clock by a page's. In Node 18 it cannot be assigned.

/** Makes `performance` return another time. */
export function replaceMonotonic(now) {
  replaceMember("now", now);
}

/** Replaces a member of `performance`. */
export function replaceMember(name, value) {
  Object.defineProperty(performance, name, { configurable: true, writable: true, value });
}

// Wraps the functions that zone.js wraps, and keeps the originals under the same names as zone.js.
// Counts how often the package would cause change detection in an app.
{
  window.Zone = { __symbol__: (name) => `__zone_symbol__${name}` };
  window.zone = { changes: 0, timers: 0 };
  const isOurs = () => new Error().stack.includes("/pkg/");
  const changed = (task) =>
    isOurs()
      ? function (...args) {
          zone.changes += 1;
          return task.apply(this, args);
        }
      : task;
  const keep = (holder, name, wrapper) => {
    const original = holder[name];
    holder[Zone.__symbol__(name)] = original;
    holder[name] = wrapper(original);
  };
  keep(EventTarget.prototype, "addEventListener", (original) => function (type, listener, options) {
    return original.call(this, type, typeof listener === "function" ? changed(listener) : listener, options);
  });
  for (const name of ["setTimeout", "setInterval", "requestAnimationFrame", "queueMicrotask"]) {
    keep(window, name, (original) => (task, ...rest) => {
      if (isOurs()) zone.timers += 1;
      return original.call(window, changed(task), ...rest);
    });
  }
  const NativePromise = Promise;
  window[Zone.__symbol__("Promise")] = NativePromise;
  class ZoneAwarePromise extends NativePromise {}
  const { then } = NativePromise.prototype;
  NativePromise.prototype.then = function (done, failed) {
    return then.call(this, done && changed(done), failed && changed(failed));
  };
  window.Promise = ZoneAwarePromise;
  keep(window, "fetch", (original) => (...args) => {
    if (isOurs()) zone.timers += 1;
    return ZoneAwarePromise.resolve(original.apply(window, args));
  });
  keep(window, "MutationObserver", (Original) => class extends Original {
    constructor(task) {
      super(changed(task));
    }
  });
}

// Counts operations that a tracker causes in the page. Loaded before any tracker.
{
  const counts = {};
  const count = (name) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  const since = (before) =>
    Object.fromEntries(Object.entries(counts).map(([name, times]) => [name, times - (before[name] ?? 0)]));
  /** The operations that this many events in one task cause: in that task, and until they are delivered. */
  window.burst = async (events) => {
    const before = { ...counts };
    for (let i = 0; i < events; i += 1) _na.sendFeatureEvent("a feature");
    const task = since(before);
    while (_na.stats().pending) await _na.flush();
    return [task, since(before)];
  };

  const watch = (object, method, name) => {
    const original = object[method];
    object[method] = function (...args) {
      count(name);
      return original.apply(this, args);
    };
  };
  for (const method of ["getItem", "setItem", "removeItem", "key"]) watch(Storage.prototype, method, method);
  for (const method of ["parse", "stringify"]) watch(JSON, method, method);
  for (const method of ["fetch", "queueMicrotask", "setTimeout", "setInterval"]) watch(window, method, method);
  watch(Navigator.prototype, "sendBeacon", "sendBeacon");
  watch(TextEncoder.prototype, "encodeInto", "encodeInto");
  watch(TextDecoder.prototype, "decode", "decode");

  // Calls into the wasm, and calls out of it.
  const wrap = (functions, where) =>
    Object.fromEntries(
      Object.entries(functions).map(([name, value]) => [
        name,
        typeof value === "function"
          ? (...args) => {
              count(where);
              count(`${where} ${name}`);
              return value(...args);
            }
          : value,
      ]),
    );
  const memories = [];
  const Instance = WebAssembly.Instance;
  WebAssembly.Instance = function (module, imports = {}) {
    const wrapped = Object.fromEntries(Object.entries(imports).map(([from, functions]) => [from, wrap(functions, "out")]));
    const { exports } = new Instance(module, wrapped);
    memories.push(...Object.values(exports).filter((value) => value instanceof WebAssembly.Memory));
    return { exports: wrap(exports, "in") };
  };
  /** The bytes of all wasm memory. */
  window.wasmBytes = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

// What a page under measurement does, whatever tracks it.

// Peers' names are as long, and none is made while the time is taken.
const NAMES = Array.from({ length: 20 }, (_, i) => `bench-feature-${i}`);

/** Calls `call` so many times in one task; the µs of one call, batch by batch. */
function burst(call, count, batch) {
  const times = [];
  for (let i = 0; i < count; ) {
    const begun = performance.now();
    for (const end = i + batch; i < end; i += 1) call(NAMES[i % NAMES.length]);
    times.push(((performance.now() - begun) * 1000) / batch);
  }
  return times;
}

/** Calls `call` every `every` ms; the µs of each call. */
async function steadily(call, count, every) {
  const times = [];
  for (let i = 0; i < count; i += 1) {
    await new Promise((go) => setTimeout(go, every));
    const begun = performance.now();
    call(NAMES[i % NAMES.length]);
    times.push((performance.now() - begun) * 1000);
  }
  return times;
}

// A line of ours as it is stored and sent.
const EVENT = {
  account_id: "acme",
  user_id: "ann@acme.example",
  created_at: 1_790_000_000_000,
  session_id: "0123456789abcdef",
  action: "feature",
  event_id: "0123456789abcdef-0",
  visitor_id: "0123456789abcdef",
  stream_id: "0123456789abcdef",
  seq: 0,
  feature: "",
  total: 1,
  module: "reports",
  product: "studio",
};

let written = 0;

/** The least that any tracker does: writes the event. */
function stringify(name) {
  EVENT.feature = name;
  EVENT.seq += 1;
  written += JSON.stringify(EVENT).length;
}

const longTasks = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longTasks.push(duration);
}).observe({ type: "longtask" });

const memories = [];
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    const instance = new target(...args);
    if (instance.exports.memory) memories.push(instance.exports.memory);
    return instance;
  },
});

/** The heap of JS does not count these. */
const wasmBytes = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);

window.bench = { burst, steadily, stringify, longTasks, wasmBytes };

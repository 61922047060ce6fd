// What a page under measurement does, whatever tracks it.

// All trackers get these names, made before the time is taken.
const NAMES = Array.from({ length: 20 }, (_, i) => `bench-feature-${i}`);

/** Calls `call` `count` times in one task; returns the µs of one call, averaged over each batch. */
function burst(call, count, batch) {
  const times = [];
  for (let i = 0; i < count; ) {
    const begun = performance.now();
    for (const end = i + batch; i < end; i += 1) call(NAMES[i % NAMES.length]);
    times.push(((performance.now() - begun) * 1000) / batch);
  }
  return times;
}

/** Calls `call` every `every` ms; returns the µs of each call. */
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

// An event as natero-wasm stores and sends it.
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

/** The least that any tracker does with an event: it serializes it. */
function stringify(name) {
  EVENT.feature = name;
  EVENT.seq += 1;
  written += JSON.stringify(EVENT).length;
}

const longTasks = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longTasks.push(duration);
}).observe({ type: "longtask" });

// However a tracker instantiates its wasm, its memories are found.
const memories = new Set();
const noteMemories = ({ exports }) => {
  for (const exported of Object.values(exports)) {
    if (exported instanceof WebAssembly.Memory) memories.add(exported);
  }
};
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args, newTarget) {
    const instance = Reflect.construct(target, args, newTarget);
    noteMemories(instance);
    return instance;
  },
});
for (const name of ["instantiate", "instantiateStreaming"]) {
  WebAssembly[name] = new Proxy(WebAssembly[name], {
    async apply(target, self, args) {
      const made = await Reflect.apply(target, self, args);
      // An instance where a module was given, else a module and its instance.
      noteMemories(made.instance ?? made);
      return made;
    },
  });
}

/** The size of all wasm memories, which the JavaScript heap does not count. */
const wasmBytes = () => [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);

window.bench = { burst, steadily, stringify, longTasks, wasmBytes };

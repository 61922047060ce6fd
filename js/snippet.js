// Loads the classic script asynchronously. Calls that the page makes meanwhile are kept with their time, and executed
// once the script has loaded: see `snippet-calls.ts`. This snippet is part of every page, before everything else, so it
// must be small.
(() => {
  // The snippet was pasted twice, or after the script itself.
  if (window.na?.call) return;
  const methods =
    "setAccountId,setUserId,identifyAccount,identifyUser,setModuleId,setProductId,sendFeatureEvent,sendModuleEvent,trackPageView,flush,optIn,optOut,reset,inspect,stats,shutdown,getAccountId,getUserId,getModuleId,getProductId,getSessionId,getVisitorId";
  const none = { accepted: 0, delivered: 0, pending: 0, rejected: 0, dropped: {} };
  const kept = [];
  let isOff;
  // Plain data is copied, so that later changes by the page have no effect.
  const copy = (value, copies) => {
    const kind = value?.constructor;
    if (kind !== Object && kind !== Array) return value;
    let made = copies.get(value);
    if (!made) {
      made = kind();
      copies.set(value, made);
      for (const name of Object.keys(value)) made[name] = copy(value[name], copies);
    }
    return made;
  };
  // An id as the script takes it, or nothing for what it refuses.
  const idOf = (value) => (/^st|^nu|^bi/.test(typeof value) ? `${value}`.trim() : null);
  // Resolves to the result of the call, or to `otherwise` if the script never loads.
  const keep = (given, call, otherwise) =>
    new Promise((resolve) => {
      let mono;
      try {
        mono = performance.now();
        given = copy(given, new Map());
      } catch {
        // Arguments that cannot be read are passed on, and refused later.
      }
      kept.push([() => resolve(isOff ? otherwise : call(given)), mono]);
    });
  function StandIn(...given) {
    // Without `new`, `this` would be the page's global object.
    const handle = {};
    let real;
    let ids = {};
    try {
      for (const name of ["account", "user", "module", "product"]) ids[name] = idOf(given[2][`${name}Id`]);
    } catch {
      // There are no settings, or they cannot be read.
    }
    handle.ready = keep(
      given,
      (given) => {
        real = new window.na(...given);
        return real.ready;
      },
      false,
    );
    for (const name of methods.split(",")) {
      const id = name.replace(/^get|^set|^identify|Id$/g, "").toLowerCase();
      handle[name] = (...values) => {
        if (real) return real[name](...values);
        if (name === "stats") return none;
        if (/^get/.test(name)) return (!isOff && ids[id]) || null;
        if (name === "reset") ids = {};
        // A value that is refused changes nothing.
        ids[id] = values[0] === null ? null : idOf(values[0]) || ids[id];
        const answer = keep(values, (values) => real[name](...values), name === "flush" && none);
        // Only these methods return a promise.
        if (/^fl|^in/.test(name)) return answer;
      };
    }
    return handle;
  }
  StandIn.q = kept;
  window.na = StandIn;
  const end = () => {
    // The script is missing, could not run, or could not set the name.
    isOff = window.na === StandIn;
    kept.push = ([call]) => call();
    kept.splice(0).map(kept.push);
  };
  try {
    document.head.append(
      Object.assign(document.createElement("script"), {
        onload: end,
        onerror: end,
        crossOrigin: "",
        integrity: "INTEGRITY",
        src: "natero.global.js",
      }),
    );
  } catch {
    end();
  }
})();

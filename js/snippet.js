// Loads the classic script without waiting for it: what a page calls meanwhile is kept, with its time, and called when
// it is there. That script takes what is kept: see `kept.ts`. This is in every page, before everything else: it is small.
(() => {
  // Pasted twice, or behind the script itself.
  if (window.na?.call) return;
  const methods =
    "setAccountId,setUserId,identifyAccount,identifyUser,setModuleId,setProductId,sendFeatureEvent,sendModuleEvent,trackPageView,flush,optIn,optOut,reset,inspect,stats,shutdown,getAccountId,getUserId,getModuleId,getProductId,getSessionId,getVisitorId";
  const none = { accepted: 0, delivered: 0, pending: 0, rejected: 0, dropped: {} };
  const kept = [];
  let isOff;
  // Plain data is copied: what a page does with its objects later changes nothing.
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
  // Resolves to what the call gives, or to `otherwise` where there will be nothing to call.
  const keep = (given, call, otherwise) =>
    new Promise((resolve) => {
      let mono;
      try {
        mono = performance.now();
        given = copy(given, new Map());
      } catch {
        // What cannot be read is passed on as it is, and refused in its turn.
      }
      kept.push([() => resolve(isOff ? otherwise : call(given)), mono]);
    });
  const StandIn = function (...given) {
    let real;
    let ids = {};
    this.ready = keep(
      given,
      (given) => {
        real = new window.na(...given);
        return real.ready;
      },
      false,
    );
    for (const name of methods.split(",")) {
      const id = name.replace(/^get|^set|^identify|Id$/g, "");
      this[name] = (...values) => {
        if (real) return real[name](...values);
        if (name === "stats") return none;
        if (/^get/.test(name)) return isOff ? null : (ids[id] ?? null);
        if (name === "reset") ids = {};
        ids[id] = values[0];
        const answer = keep(values, (values) => real[name](...values), name === "flush" && none);
        // Only these are waited for.
        if (/^fl|^in/.test(name)) return answer;
      };
    }
  };
  StandIn.q = kept;
  window.na = StandIn;
  const end = () => {
    // The script is not there, or could not run, or could not take the name.
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

// Loads the classic script without waiting for it: what a page calls meanwhile is kept, with its time, and called when
// it is there. That script takes what is kept: see `kept.ts`.
((url, integrity) => {
  // Pasted twice, or behind the script itself.
  if (typeof na === "function") return;
  const names = `${"Account,User,Module,Product".replace(/\w+/g, "set$&Id,get$&Id")},getSessionId,getVisitorId,identifyAccount,identifyUser,sendFeatureEvent,sendModuleEvent,trackPageView,flush,optIn,optOut,reset,inspect,stats,shutdown`;
  const none = { accepted: 0, delivered: 0, pending: 0, rejected: 0, dropped: {} };
  const kept = [];
  let isOff;
  // Plain data is copied: what a page does with its objects later changes nothing.
  const copy = (value, copies) => {
    const kind = value?.constructor;
    if (kind !== Object && kind !== Array) return value;
    if (!copies.has(value)) {
      const made = kind();
      copies.set(value, made);
      for (const name of Object.keys(value)) made[name] = copy(value[name], copies);
    }
    return copies.get(value);
  };
  // Resolves to what the call gives, or to `otherwise` where there will be nothing to call.
  const keep = (given, call, otherwise) =>
    new Promise((resolve) => {
      const one = [() => resolve(isOff ? otherwise : call(...given))];
      try {
        one.push(Date.now(), performance.now());
        given = copy(given, new Map());
      } catch {
        // What cannot be read is passed on as it is, and refused in its turn.
      }
      kept.push(one);
    });
  const StandIn = function (...given) {
    let real;
    let ids = {};
    this.ready = keep(
      given,
      (...given) => {
        real = new window.na(...given);
        return real.ready;
      },
      false,
    );
    for (const name of names.split(",")) {
      const id = name.replace(/^get|^set|^identify|Id$/g, "");
      this[name] = (...values) => {
        if (real) return real[name](...values);
        if (name === "stats") return none;
        if (/^get/.test(name)) return isOff ? null : (ids[id] ?? null);
        if (name === "reset") ids = {};
        ids[id] = values[0];
        const answer = keep(values, (...values) => real[name](...values), name === "flush" && none);
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
    const script = document.createElement("script");
    script.onload = script.onerror = end;
    script.crossOrigin = "anonymous";
    script.integrity = integrity;
    script.src = url;
    document.head.append(script);
  } catch {
    end();
  }
})("natero.global.js", "INTEGRITY");

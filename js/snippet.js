// Loads the classic script without waiting for it: what a page calls meanwhile is kept, and called when it is there.
((url, integrity) => {
  const methods =
    "setAccountId,setUserId,identifyAccount,identifyUser,setModuleId,setProductId,sendFeatureEvent,sendModuleEvent,trackPageView,flush,optIn,optOut,reset,inspect,stats,shutdown,getAccountId,getUserId,getModuleId,getProductId,getSessionId,getVisitorId";
  const starts = [];
  window.na = function (...given) {
    let real;
    const waiting = [];
    for (const name of methods.split(",")) {
      this[name] = (...values) => {
        if (real) return real[name](...values);
        // Only these are waited for.
        if (name === "flush" || name === "inspect")
          return new Promise((resolve) => waiting.push(() => resolve(real[name](...values))));
        if (name === "stats" || !name.indexOf("get")) return null;
        waiting.push(() => real[name](...values));
      };
    }
    this.ready = new Promise((resolve) => {
      starts.push((isThere) => {
        if (!isThere) return resolve(false);
        real = new window.na(...given);
        for (const call of waiting) call();
        resolve(real.ready);
      });
    });
  };
  const script = document.createElement("script");
  script.onload = script.onerror = ({ type }) => {
    for (const start of starts) start(type === "load");
  };
  script.crossOrigin = "anonymous";
  script.integrity = integrity;
  script.src = url;
  document.head.append(script);
})("natero.global.js", "INTEGRITY");

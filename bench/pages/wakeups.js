// Notes when the page is woken up, and by what; loaded before any tracker.
window.wakeups = [];
for (const name of ["setTimeout", "setInterval", "requestAnimationFrame", "requestIdleCallback"]) {
  const original = window[name];
  window[name] = (callback, ...rest) => {
    const watched = (...args) => {
      wakeups.push({ name, at: Date.now(), hidden: document.hidden });
      if (typeof callback === "function") callback(...args);
    };
    return original.call(window, watched, ...rest);
  };
}

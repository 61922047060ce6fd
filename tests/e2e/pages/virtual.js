// A clock that stands still until it is told to go on, and timers that keep to
// it; loaded before any tracker.
{
  const start = Date.now();
  let now = 0;
  let last = 0;
  const timers = new Map();
  const set = (callback, delay = 0, args, every) => {
    timers.set(++last, { callback, at: now + Math.max(Number(delay) || 0, 0), args, every });
    return last;
  };
  const real = window.setTimeout.bind(window);
  window.setTimeout = (callback, delay, ...args) => set(callback, delay, args);
  window.setInterval = (callback, delay, ...args) => set(callback, delay, args, Math.max(delay, 1));
  window.clearTimeout = window.clearInterval = (timer) => void timers.delete(timer);
  window.requestAnimationFrame = (callback) => set(() => callback(now), 16, []);
  window.requestIdleCallback = (callback) => set(callback, 1, []);
  Date.now = () => start + Math.floor(now);
  Performance.prototype.now = () => now;

  // Answers of servers take real time, and none of the page's.
  let asking = 0;
  const fetch = window.fetch;
  window.fetch = async (...args) => {
    asking += 1;
    try {
      const response = await fetch(...args);
      // Whole, so that reading it takes no time either.
      return new Response(await response.arrayBuffer(), response);
    } finally {
      asking -= 1;
    }
  };
  const settled = async () => {
    do await new Promise((go) => real(go));
    while (asking);
    await new Promise((go) => real(go));
  };

  /** Lets so many ms pass; returns when timers fired. */
  window.pass = async (ms) => {
    const end = now + ms;
    const fired = [];
    await settled();
    for (;;) {
      const due = [...timers].filter(([, { at }]) => at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
      if (!due) break;
      const [name, timer] = due;
      now = Math.max(now, timer.at);
      if (timer.every) timer.at = now + timer.every;
      else timers.delete(name);
      fired.push(now);
      timer.callback(...timer.args);
      await settled();
    }
    now = end;
    return fired;
  };
}

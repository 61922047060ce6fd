// A clock that stands still until a test advances it, and timers that follow it. Loaded before any
// tracker.
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

  // Requests, and the reading of what is compressed, take real time, but no time of the page.
  let asking = 0;
  const timeless = async (work) => {
    asking += 1;
    try {
      return await work();
    } finally {
      asking -= 1;
    }
  };
  const { fetch } = window;
  const { arrayBuffer } = Response.prototype;
  Response.prototype.arrayBuffer = function () {
    return timeless(() => arrayBuffer.call(this));
  };
  window.fetch = (...args) =>
    timeless(async () => {
      const response = await fetch(...args);
      // The body is complete, so reading it takes no time either.
      return new Response(await response.arrayBuffer(), response);
    });
  const settled = async () => {
    do await new Promise((go) => real(go));
    while (asking);
    await new Promise((go) => real(go));
  };

  /** Lets this many ms pass. Returns the times at which timers fired. */
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

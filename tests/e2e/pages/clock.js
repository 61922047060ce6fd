// The page's own clock: how long the page was visible since the tracker was created. The tracker's
// times are compared with it.
{
  // Simulates an older browser, without BroadcastChannel.
  if (location.search === "?no-channel") delete window.BroadcastChannel;
  let seen = 0;
  let since;
  const start = () => (since ??= document.visibilityState === "visible" ? performance.now() : undefined);
  const stop = () => {
    if (since !== undefined) {
      const now = performance.now();
      seen += now - since;
      clock.spells.push([since, now].map((at) => at + performance.timeOrigin));
    }
    since = undefined;
  };
  window.clock = {
    start,
    seen: () => seen + (since === undefined ? 0 : performance.now() - since),
    /** For how long each page had been visible when it was left. */
    left: () => JSON.parse(localStorage.left ?? "{}"),
    /** The intervals in which it was visible, by a clock that all pages share. */
    spells: [],
    shows: [],
  };
  addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? start() : stop()), true);
  /** Ends the trackers of this page and of all others at the same time. */
  clock.finish = () => {
    _na.shutdown();
    stop();
    clock.end = [...clock.spells];
  };
  addEventListener("storage", ({ key }) => key === "finish" && clock.finish());
  addEventListener("pageshow", ({ persisted }) => clock.shows.push(persisted), true);
  addEventListener("pagehide", () => {
    stop();
    localStorage.left = JSON.stringify({ ...clock.left(), [location.pathname]: seen });
  }, true);
}

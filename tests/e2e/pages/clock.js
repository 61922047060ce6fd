// The page's own clock: how long it was visible since the tracker was made, by
// which the tracker's times are judged.
{
  // An older browser, as far as tabs are concerned.
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
    /** What each page had seen when it was left. */
    left: () => JSON.parse(localStorage.left ?? "{}"),
    /** When it was visible, by a clock that is the same in all pages. */
    spells: [],
    shows: [],
  };
  addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? start() : stop()), true);
  /** Ends the trackers of this page and of all others in one moment. */
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

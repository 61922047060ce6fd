// Events as they arrive.

/** Rows that are kept; older ones fall off the end. */
const MOST = 200;
const PAUSE_MS = 2000;

/** Looks for new events; nothing where the page has none. */
let look = () => {};
let timerOfEvents = 0;
let isPaused = false;

/** Follows the events of the content that is there. */
function follow() {
  const live = document.querySelector(".live");
  const body = live?.querySelector("tbody");
  clearTimeout(timerOfEvents);
  look = () => {};
  // In another order than that of arrival there is no place for what arrives.
  const query = new URLSearchParams(location.search);
  if (!body || query.has("sort.events") || query.has("page.events")) return;
  const button = live.querySelector(".live-head button");
  const state = live.querySelector(".state");
  let last = live.dataset.last;
  const tell = (words, kind) => {
    if (state.textContent !== words) state.textContent = words;
    live.dataset.state = kind;
  };
  const ask = async () => {
    clearTimeout(timerOfEvents);
    if (isPaused || document.hidden) return;
    try {
      const fresh = parsed(await part(`${live.dataset.src}after=${last}`), "table").querySelector("tbody");
      if (isPaused || look !== ask) return;
      last = fresh.dataset.last;
      const rows = [...fresh.rows];
      for (const row of rows) row.classList.add("fresh");
      body.prepend(...rows);
      while (body.rows.length > MOST) body.lastElementChild.remove();
      if (body.rows.length > 0) live.querySelector(".waiting").hidden = true;
      tell("Live", "live");
    } catch {
      tell("The collector does not answer. Trying again …", "lost");
    }
    if (look !== ask) return;
    clearTimeout(timerOfEvents);
    timerOfEvents = setTimeout(ask, PAUSE_MS);
  };
  look = ask;
  const showPause = () => {
    button.setAttribute("aria-pressed", String(isPaused));
    button.textContent = isPaused ? "Resume" : "Pause";
    if (isPaused) tell("Paused", "paused");
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    showPause();
    ask();
  });
  showPause();
  ask();
}
document.addEventListener("visibilitychange", () => look());

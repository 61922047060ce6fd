// The live list of events next to the app.

const log = document.querySelector(".log");
const COUNTERS = ["accepted", "delivered", "pending"];

/** Most events that the list shows. Older ones are in the collector. */
const SHOWN = 200;

/** Fields that every event has. The list shows only the others. */
const COMMON = new Set([
  "account_id", "user_id", "created_at", "session_id", "action", "event_id", "visitor_id", "stream_id", "seq",
]);

let made = 0;

/** Adds an event at the top of the list. */
export function show(event) {
  const item = document.createElement("li");
  item.dataset.number = ++made;
  item.dataset.action = event.action;

  const summary = document.createElement("summary");
  summary.append(
    part("b", event.action),
    part("span", gist(event)),
    part("time", new Date(event.created_at).toLocaleTimeString([], { hour12: false })),
  );
  const details = document.createElement("details");
  details.append(summary, part("pre", JSON.stringify(event, null, 2)));
  item.append(details);
  log.prepend(item);
  if (log.children.length > SHOWN) log.lastElementChild.remove();
}

/** Shows the tracker's counters; events leave the queue in the order they were made. */
export function count(stats) {
  for (const name of COUNTERS) {
    document.querySelector(`[data-stat="${name}"]`).textContent = stats[name];
  }
  for (const item of log.children) {
    if (Number(item.dataset.number) <= stats.delivered) item.dataset.delivered = "";
  }
}

function gist(event) {
  return Object.entries(event)
    .filter(([name]) => !COMMON.has(name))
    .map(([name, value]) => {
      if (name === "time_spent" || name === "active_duration") return `${(value / 1000).toFixed(1)} s`;
      if (name === "total") return value === 1 ? "" : `× ${value}`;
      if (name === "url") return new URL(value, location.href).pathname;
      if (name === "details") return Object.values(value).filter((v) => typeof v !== "object").join(" ");
      return name === "title" || name === "referrer" ? "" : value;
    })
    .filter(Boolean)
    .join(" · ");
}

function part(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

// Makes the pages quicker to use. Everything they say is there without it, but
// for the chart. Markup comes escaped from the server; nothing is built here.
"use strict";

/** Asks for a part of a page. Who is signed out meanwhile is asked to sign in. */
async function part(address, signal) {
  const response = await fetch(address, { signal, credentials: "same-origin" });
  if (response.status === 401) {
    location.reload();
    throw new Error("signed out");
  }
  if (!response.ok) throw new Error(`the collector answered ${response.status}`);
  return response.text();
}

/** Parses rows or list items in the context in which they will stand. */
function parsed(html, inside) {
  const template = document.createElement("template");
  template.innerHTML = inside === "table" ? `<table>${html}</table>` : html;
  return template.content;
}

// The tree: branches open in place, long levels grow by pages.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("#tree button[data-src]");
  if (!button || button.disabled) return;
  const item = button.closest("li");
  if (item.classList.contains("more")) {
    button.disabled = true;
    try {
      const more = parsed(await part(button.dataset.src));
      const first = more.querySelector("a");
      item.replaceWith(more);
      first?.focus();
    } catch {
      button.disabled = false;
    }
    return;
  }
  const opens = button.getAttribute("aria-expanded") !== "true";
  let list = item.querySelector(":scope > ul");
  button.setAttribute("aria-expanded", String(opens));
  if (list) {
    list.hidden = !opens;
    return;
  }
  button.disabled = true;
  try {
    list = document.createElement("ul");
    list.append(parsed(await part(button.dataset.src)));
    item.append(list);
  } catch {
    button.setAttribute("aria-expanded", "false");
  } finally {
    button.disabled = false;
    button.focus();
  }
});

// Arrow keys in the tree and in what was found.
document.getElementById("accounts")?.addEventListener("keydown", (event) => {
  const { key } = event;
  if (!["ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft"].includes(key)) return;
  const isSearch = event.target.id === "search";
  if (isSearch && key !== "ArrowDown") return;
  const links = [...document.querySelectorAll("#found a, #tree a")].filter((link) => link.offsetParent);
  const line = event.target.closest(".line");
  const link = line?.querySelector("a") ?? event.target;
  const at = links.indexOf(link);
  if (key === "ArrowDown") links[at + 1]?.focus();
  else if (key === "ArrowUp") at > 0 ? links[at - 1].focus() : document.getElementById("search").focus();
  else {
    const twist = line?.querySelector("button.twist");
    const isOpen = twist?.getAttribute("aria-expanded") === "true";
    if (twist && isOpen === (key === "ArrowLeft")) {
      twist.click();
      link.focus();
    } else if (key === "ArrowLeft") {
      line?.closest("ul")?.closest("li")?.querySelector(".line a")?.focus();
    } else return;
  }
  event.preventDefault();
});

// Searching while one types.

const search = document.getElementById("search");
if (search) {
  const form = search.form;
  const found = document.getElementById("found");
  const tree = document.getElementById("tree");
  let running = new AbortController();
  let timer = 0;
  const show = async () => {
    running.abort();
    const text = search.value.trim();
    found.hidden = text === "";
    tree.hidden = text !== "";
    if (text === "") return;
    running = new AbortController();
    const separator = form.dataset.src.includes("?") ? "&" : "?";
    try {
      const address = `${form.dataset.src}${separator}search=${encodeURIComponent(text)}`;
      found.replaceChildren(parsed(await part(address, running.signal)));
    } catch (error) {
      if (error.name !== "AbortError") found.textContent = "The search failed. Try again.";
    }
  };
  search.addEventListener("input", () => {
    clearTimeout(timer);
    // Shorter than a pause between words, longer than between letters.
    timer = setTimeout(show, 150);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || search.value === "") return;
    search.value = "";
    show();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const first = found.querySelector("a");
    if (first && !found.hidden) first.click();
    else show();
  });
  if (search.value) show();
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, textarea, select");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (!search.offsetParent) location.hash = "accounts";
    search.focus();
  });
}

// Products open to modules, modules to features.

async function toggle(button) {
  const row = button.closest("tr");
  const depth = Number(row.dataset.depth);
  const below = [];
  for (let next = row.nextElementSibling; next && Number(next.dataset.depth) > depth; next = next.nextElementSibling) {
    below.push(next);
  }
  if (button.getAttribute("aria-expanded") === "true") {
    for (const next of below) next.remove();
    button.setAttribute("aria-expanded", "false");
    return;
  }
  if (button.disabled) return;
  button.disabled = true;
  try {
    const rows = parsed(await part(button.dataset.src), "table").querySelectorAll("tr");
    row.after(...rows);
    button.setAttribute("aria-expanded", "true");
  } finally {
    button.disabled = false;
  }
}

const breakdown = document.querySelector("table.breakdown");
if (breakdown) {
  breakdown.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-src]");
    if (button) toggle(button).then(() => button.focus(), () => {});
  });
  // Few products: what is in them is what one came for.
  const first = [...breakdown.querySelectorAll("tr:not(:has(.none)) button[data-src]")];
  if (first.length <= 4) {
    (async () => {
      for (const button of first) await toggle(button);
    })().catch(() => {});
  }
}

// Events as they arrive.

const live = document.querySelector(".live");
if (live) {
  /** Rows that are kept; older ones fall off the end. */
  const MOST = 200;
  const PAUSE_MS = 2000;
  const button = live.querySelector(".live-head button");
  const state = live.querySelector(".state");
  const body = live.querySelector("tbody");
  const separator = live.dataset.src.includes("?") ? "&" : "?";
  let last = body.dataset.last;
  let isPaused = false;
  let timer = 0;
  const say = (words, kind) => {
    if (state.textContent !== words) state.textContent = words;
    live.dataset.state = kind;
  };
  const look = async () => {
    clearTimeout(timer);
    if (isPaused || document.hidden) return;
    try {
      const fresh = parsed(await part(`${live.dataset.src}${separator}after=${last}`), "table").querySelector("tbody");
      if (isPaused) return;
      last = fresh.dataset.last;
      const rows = [...fresh.rows];
      for (const row of rows) row.classList.add("fresh");
      body.prepend(...rows);
      while (body.rows.length > MOST) body.lastElementChild.remove();
      if (body.rows.length > 0) live.querySelector(".waiting").hidden = true;
      say("Live", "live");
    } catch {
      say("The collector does not answer. Trying again …", "lost");
    }
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    button.setAttribute("aria-pressed", String(isPaused));
    button.textContent = isPaused ? "Resume" : "Pause";
    if (isPaused) say("Paused", "paused");
    else look();
  });
  document.addEventListener("visibilitychange", look);
  look();
}

// Panels close with Escape and by a click beside them.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest?.("details.days[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.days[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

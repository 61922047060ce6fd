// Makes the pages quicker to use. Everything they say is there without it. Markup
// comes escaped from the server; nothing is built here.
"use strict";

/** Asks for a page or a part of one. Who is signed out meanwhile is asked to sign in. */
async function part(address, signal) {
  const response = await fetch(address, { signal, credentials: "same-origin" });
  if (response.status === 401) {
    location.reload();
    throw new Error("signed out");
  }
  // A page sends who is signed out to the form.
  if (response.redirected) throw new Error("the collector answered with another page");
  if (!response.ok) throw new Error(`the collector answered ${response.status}`);
  return response.text();
}

/** Parses rows or list items in the context in which they will stand. */
function parsed(html, inside) {
  const template = document.createElement("template");
  template.innerHTML = inside === "table" ? `<table>${html}</table>` : html;
  return template.content;
}

/** Says beside what was to be opened that it was not. */
function tellFailure(item) {
  if (item.querySelector(":scope > .failed")) return;
  const words = document.createElement("p");
  words.className = "failed";
  words.setAttribute("role", "alert");
  words.textContent = "This could not be opened. Try again.";
  item.append(words);
}

// The tree: branches open in place, long levels grow by pages.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("#tree button[data-src]");
  if (!button || button.disabled) return;
  event.preventDefault();
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
      tellFailure(item);
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
    item.querySelector(":scope > .failed")?.remove();
  } catch {
    button.setAttribute("aria-expanded", "false");
    tellFailure(item);
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
  /** The text of which the results stand there. */
  let answered = "";
  const wanted = () => search.value.trim();
  const show = async () => {
    clearTimeout(timer);
    running.abort();
    const text = wanted();
    found.hidden = text === "";
    tree.hidden = text !== "";
    if (text === "") return;
    running = new AbortController();
    const separator = form.dataset.src.includes("?") ? "&" : "?";
    try {
      const address = `${form.dataset.src}${separator}search=${encodeURIComponent(text)}`;
      found.replaceChildren(parsed(await part(address, running.signal)));
      answered = text;
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
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = wanted();
    if (answered !== text || found.hidden) await show();
    // Who typed on meanwhile wants something else.
    if (text !== "" && answered === text && wanted() === text) found.querySelector("a")?.click();
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

// Parts of a page change in place: the rows of the breakdown, the chart, the order
// and the page of a table. The address says what is shown, so the page that it
// names is asked for, and its content put in the place of this one's.

/** Where the focus is: what finds the same element in the next content. */
function place(element) {
  const label = element.getAttribute("aria-label");
  if (label) return `[aria-label="${CSS.escape(label)}"]`;
  const { name, value } = [...element.attributes].find((of) => of.name.startsWith("data-") && of.value) ?? {};
  if (name) return `[${name}="${CSS.escape(value)}"]`;
  const href = element.getAttribute("href");
  return href ? `a[href="${CSS.escape(href)}"]` : null;
}

function say(words) {
  const said = document.getElementById("said");
  if (said) said.textContent = words;
}

/** An address without the place within its page. */
const pageOf = (address) => new URL(address, location.href).href.split("#")[0];

/** The page whose content is shown. */
let shown = pageOf(location.href);

/** Has the browser itself open a page, which shows what is wrong with it, or asks to sign in. */
function openPage(address) {
  // Another place within the same page would be no request.
  if (pageOf(address) === pageOf(location.href)) location.reload();
  else location.assign(address);
}

const fieldsOf = (form) => [...form.elements].filter((field) => field.name);
const hiddenOf = (form) => fieldsOf(form).filter((field) => field.type === "hidden");

/** What a form is for. Its hidden fields hold what the page shows, which changes. */
function purpose(form) {
  const asked = fieldsOf(form).filter((field) => field.type !== "hidden");
  return [form.method, new URL(form.action).pathname, ...asked.map((field) => field.name)].join(" ");
}

/** The one of these forms that is the same: of many, such as one in each row, the one for the same row. */
function sameForm(form, forms) {
  const alike = forms.filter((of) => purpose(of) === purpose(form));
  const about = (of) => JSON.stringify(hiddenOf(of).map((field) => field.value));
  return alike.length < 2 ? alike[0] : alike.find((of) => about(of) === about(form));
}

/** Whether somebody has changed what the server had put into a field. */
function isChanged(field) {
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  const options = [...field.options];
  return options.findIndex((option) => option.defaultSelected) !== field.selectedIndex && (field.selectedIndex > 0 || options.some((option) => option.defaultSelected));
}

/** Carries over to the next content what somebody has typed, and what is told only once. */
function keepTyped(main, next) {
  for (const told of main.querySelectorAll("[data-once]")) next.querySelector(`#${CSS.escape(told.id)}`)?.replaceWith(told);
  const forms = [...next.querySelectorAll("form")];
  for (const form of main.querySelectorAll("form")) {
    const to = sameForm(form, forms);
    if (!to) continue;
    const fields = Object.fromEntries(fieldsOf(to).map((field) => [field.name, field]));
    if (form.method === "post") {
      // As a whole, with a file that was chosen.
      form.setAttribute("action", to.getAttribute("action"));
      for (const field of hiddenOf(form)) field.value = fields[field.name]?.value ?? field.value;
      to.replaceWith(form);
      continue;
    }
    for (const field of fieldsOf(form)) {
      const same = fields[field.name];
      if (field.type === "hidden" || !same || !isChanged(field)) continue;
      if (field.type === "checkbox") same.checked = field.checked;
      else same.value = field.value;
    }
  }
}

let swapping = new AbortController();

/** Puts the content of another address into this page. */
async function swap(address, element, mode) {
  swapping.abort();
  swapping = new AbortController();
  const found = element && place(element);
  const scroll = [...document.querySelectorAll(".scroll")].map((of) => of.scrollLeft);
  const open = [...document.querySelectorAll("main details")].map((of) => of.open);
  let page;
  let next;
  try {
    page = new DOMParser().parseFromString(await part(address, swapping.signal), "text/html");
    next = page.getElementById("content");
    if (!next) throw new Error("the answer is no page of the dashboard");
  } catch (error) {
    if (error.name === "AbortError") return;
    say("The page could not be loaded. Try again.");
    openPage(address);
    return;
  }
  const main = document.getElementById("content");
  keepTyped(main, next);
  main.replaceChildren(...next.childNodes);
  document.title = page.title;
  const canonical = main.querySelector("[data-canonical]")?.dataset.canonical;
  const to = new URL(address.includes("toggle=") && canonical ? canonical : address, location.href);
  history[mode](null, "", to);
  shown = pageOf(location.href);
  const details = [...main.querySelectorAll("details")];
  if (details.length === open.length) details.forEach((of, at) => (of.open = open[at]));
  [...main.querySelectorAll(".scroll")].forEach((of, at) => (of.scrollLeft = scroll[at] ?? 0));
  if (found) main.querySelector(found)?.focus({ preventScroll: true });
  started();
}

const isPlain = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap], a.sort, .pager a");
  if (link && isPlain(event) && link.closest("main")) {
    event.preventDefault();
    swap(link.href, link, "pushState");
    return;
  }
  const button = event.target.closest(".breakdown-form button.twist");
  if (!button) return;
  event.preventDefault();
  const to = new URL(button.form.action);
  to.search = new URLSearchParams(new FormData(button.form, button));
  swap(to.href, button, "replaceState");
});
// Browsers tell this also of a link to a place within the page, which changes nothing.
addEventListener("popstate", () => {
  if (pageOf(location.href) !== shown) swap(location.href, null, "replaceState");
});

// The chart reads out the bar below the pointer, or the one that arrow keys reach.

function readChart(drawing) {
  const readings = JSON.parse(drawing.dataset.readings);
  const plot = drawing.querySelector(".plot");
  const reading = drawing.parentElement.querySelector(".reading");
  const pointer = plot.querySelector(".pointer");
  if (readings.length === 0) return;
  let at = readings.length - 1;
  const { width } = plot.querySelector("svg").viewBox.baseVal;
  const show = (index) => {
    const isShown = index !== null;
    if (isShown) at = Math.max(0, Math.min(readings.length - 1, index));
    const x = isShown ? ((at + 0.5) * width) / readings.length : -9;
    pointer.setAttribute("x1", x);
    pointer.setAttribute("x2", x);
    reading.textContent = isShown ? readings[at] : reading.dataset.usual;
    plot.setAttribute("aria-valuenow", at + 1);
    plot.setAttribute("aria-valuetext", readings[at]);
  };
  plot.tabIndex = 0;
  plot.setAttribute("role", "slider");
  plot.setAttribute("aria-label", "Bars of the chart");
  plot.setAttribute("aria-valuemin", 1);
  plot.setAttribute("aria-valuemax", readings.length);
  show(null);
  plot.addEventListener("pointermove", ({ clientX }) => {
    const box = plot.getBoundingClientRect();
    show(Math.floor(((clientX - box.left) / box.width) * readings.length));
  });
  plot.addEventListener("pointerleave", () => show(null));
  plot.addEventListener("focus", () => show(at));
  plot.addEventListener("blur", () => show(null));
  plot.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, Home: 0, End: readings.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
}

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

/** Scrolls what is current into the view of the box that scrolls it, and nothing else. */
function reveal(box) {
  const item = box?.querySelector("[aria-current]");
  if (!item) return;
  const [at, within] = [item.getBoundingClientRect(), box.getBoundingClientRect()];
  if (at.top < within.top || at.bottom > within.bottom) box.scrollTop += (at.top + at.bottom - within.top - within.bottom) / 2;
  if (at.left < within.left || at.right > within.right) box.scrollLeft += (at.left + at.right - within.left - within.right) / 2;
}

/** What content needs that has just come. */
function started() {
  for (const drawing of document.querySelectorAll(".drawing")) readChart(drawing);
  reveal(document.querySelector(".tabs"));
  follow();
}
started();
reveal(document.querySelector(".top nav"));
const treeBox = document.getElementById("accounts");
reveal(treeBox);
// On a narrow screen the tree is only there while the address names it.
addEventListener("hashchange", () => reveal(treeBox));

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

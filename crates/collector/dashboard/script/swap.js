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

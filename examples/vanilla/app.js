// Northwind Console: two products, two modules each, a few features.
import { account, products, users } from "./data.js";
import { count, show } from "./events.js";
import { startTracking } from "./tracking.js";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

const state = { user: "ada", product: "freight", module: "dashboard", shown: { freight: 3, warehouse: 3 } };

const tracking = await startTracking({ account, onEvent: show, onError: ({ message }) => notice(message) });

// ---- who, where ----

function signIn(user) {
  state.user = user;
  tracking.signIn(users[user]);
}

function enterProduct(product) {
  state.product = product;
  tracking.enterProduct(product);
  draw();
}

function enterModule(module) {
  state.module = module;
  tracking.enterModule(module);
  draw();
}

// ---- features ----

const features = {
  add_widget() {
    const { widgets } = products[state.product];
    if (state.shown[state.product] === widgets.length) return toast("All widgets are on the dashboard.");
    const added = widgets[state.shown[state.product]++];
    tracking.used("add_widget", 1, { widget: added.title });
    drawDashboard();
    toast(`${added.title} added.`);
  },
  refresh() {
    tracking.used("refresh");
    toast("Figures are up to date.");
  },
  share_dashboard() {
    tracking.used("share_dashboard", 1, { with: "team" });
    toast("Shared with your team.");
  },
  export_report(button) {
    const rows = Number(button.dataset.rows);
    tracking.used("export_report", 1, { report: button.dataset.report, rows });
    toast(`${rows.toLocaleString("en")} rows of ${button.dataset.report} exported.`);
  },
  schedule_report(button) {
    tracking.used("schedule_report", 1, { report: button.dataset.report });
    toast(`${button.dataset.report} comes every Monday.`);
  },
};

// ---- drawing ----

function draw() {
  for (const button of $$("[data-module]")) {
    if (button.dataset.module === state.module) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  for (const view of $$("[data-view]")) view.hidden = view.dataset.view !== state.module;
  for (const radio of $$('[name="product"]')) radio.checked = radio.value === state.product;
  for (const radio of $$('[name="user"]')) radio.checked = radio.value === state.user;
  drawDashboard();
  drawReports();
}

function drawDashboard() {
  const product = products[state.product];
  $('[data-view="dashboard"] .sub').textContent = product.dashboard;
  const shown = product.widgets.slice(0, state.shown[state.product]);
  $(".widgets").replaceChildren(...shown.map(drawWidget));
  drawWeek(product.daily);
  $('[data-feature="add_widget"]').ariaDisabled = String(shown.length === product.widgets.length);
}

function drawWidget({ title, value, change, good, trend }) {
  const item = element("li", { className: "widget" });
  item.append(
    element("h2", {}, title),
    element("p", { className: "value" }, value),
    element("p", { className: good ? "change good" : "change bad" }, `${change} on last week`),
    sparkline(trend),
  );
  return item;
}

function drawWeek([title, figures]) {
  const most = Math.max(...figures);
  $(".week h2").textContent = title;
  $(".week ol").replaceChildren(
    ...["Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon"].map((day, i) => {
      const item = element("li");
      const bar = element("i");
      bar.style.setProperty("--share", figures[i] / most);
      item.append(element("b", {}, figures[i].toLocaleString("en")), bar, element("span", {}, day));
      return item;
    }),
  );
}

function sparkline(trend) {
  const [width, height, inset] = [240, 56, 4];
  const low = Math.min(...trend);
  const span = Math.max(...trend) - low || 1;
  const points = trend.map((n, i) => [
    (i / (trend.length - 1)) * width,
    height - inset - ((n - low) / span) * (height - 2 * inset),
  ]);
  const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.innerHTML = `<polygon points="0,${height} ${line} ${width},${height}"/><polyline points="${line}"/>`;
  return svg;
}

function drawReports() {
  const product = products[state.product];
  const wanted = $(".filter input").value.trim().toLowerCase();
  const rows = product.reports.filter(([name]) => name.toLowerCase().includes(wanted));
  $('[data-view="reports"] .sub').textContent = `${product.name}: ${rows.length} of ${product.reports.length} reports`;
  $(".empty").hidden = rows.length > 0;
  $("tbody").replaceChildren(...rows.map(drawReport));
  return rows.length;
}

function drawReport([name, owner, rows]) {
  const row = element("tr");
  const actions = element("td", { className: "row-actions" });
  for (const [feature, label] of [["schedule_report", "Schedule"], ["export_report", "Export"]]) {
    const button = element("button", { type: "button", ariaLabel: `${label} ${name}` }, label);
    Object.assign(button.dataset, { feature, report: name, rows });
    actions.append(button);
  }
  row.append(
    element("th", { scope: "row" }, name),
    element("td", { className: "owner" }, owner),
    element("td", { className: "number" }, rows.toLocaleString("en")),
    actions,
  );
  return row;
}

function element(tag, properties = {}, text = "") {
  return Object.assign(document.createElement(tag), properties, { textContent: text });
}

let fading;
function toast(text) {
  const line = $(".toast");
  line.textContent = text;
  line.dataset.shown = "";
  clearTimeout(fading);
  fading = setTimeout(() => delete line.dataset.shown, 2600);
}

function notice(text) {
  const line = $(".notice");
  line.textContent = `${text} Start this page with “cargo xtask demo”, which brings a collector and its keys.`;
  line.hidden = false;
}

// ---- wiring ----

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.module) enterModule(button.dataset.module);
  else if (button?.dataset.feature) features[button.dataset.feature](button);
  else if (button?.dataset.action === "flush") {
    tracking.flush().then(({ delivered, pending }) => toast(`${delivered} delivered, ${pending} waiting.`));
  }
});

document.addEventListener("change", ({ target }) => {
  if (target.name === "product") enterProduct(target.value);
  else if (target.name === "user") signIn(target.value);
  else if (target.matches(".filter input") && target.value.trim()) {
    tracking.used("filter_reports", 1, { found: drawReports() });
  }
});
$(".filter input").addEventListener("input", drawReports);

signIn(state.user);
enterProduct(state.product);
enterModule(state.module);
setInterval(() => count(tracking.stats()), 250);

// The demo's scripted visit reads the counters here; an app needs nothing like it.
window.northwind = tracking;

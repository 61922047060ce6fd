// What runs once the page is there, and the panels that close by themselves.

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
  for (const zones of document.querySelectorAll("#zones")) {
    const offered = new Set([Intl.DateTimeFormat().resolvedOptions().timeZone, "UTC"]);
    zones.replaceChildren(...[...offered].map((name) => new Option("", name)));
  }
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

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

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

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

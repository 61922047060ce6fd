// Attributes in places of a page that hide something: frames, shadow roots, and forms with fields
// of any name.

import { declarative } from "natero-wasm/declarative";
import { na } from "natero-wasm/inline";

const make = () =>
  new na("api", "auth", { endpoint: location.origin, flushInterval: 50, accountId: "acme", userId: "ann" });
window.tracker = make();
window.follow = (root, tracker = window.tracker) => declarative(tracker, { root });
document.addEventListener("submit", (event) => event.preventDefault(), true);
document.body.innerHTML = `
  <form hidden data-na-module="hidden"><input name="closest"><input name="getAttribute"></form>
  <main id="main" data-na-module="reports" data-na-product="studio">
    <button id="outer" data-na-feature="outer">Outer</button>
    <div id="host"></div>
    <iframe id="frame"></iframe>
    <form id="form" data-na-feature="search">
      <input name="hasAttribute"><input name="getAttribute"><input name="nodeType"><input name="localName">
      <input name="closest"><input name="contains"><input name="addEventListener"><input name="type">
      <button id="send">Send</button>
    </form>
    <button id="empty" data-na-feature="empty" data-na-total="">Empty</button>
    <button id="no-number" data-na-feature="no number" data-na-total="abc">No number</button>
  </main>
  <img name="querySelectorAll"><img name="nodeType"><img name="addEventListener">`;
const within = `
  <button id="button" data-na-feature="button">B</button>
  <select id="select" data-na-feature="select"><option>a</option><option>b</option></select>
  <form data-na-feature="form"><button id="submit">S</button></form>`;
const shadowRoot = document.getElementById("host").attachShadow({ mode: "open" });
shadowRoot.innerHTML = within;
shadowRoot.addEventListener("submit", (event) => event.preventDefault());
const inFrame = document.getElementById("frame").contentDocument;
inFrame.body.innerHTML = within;
inFrame.addEventListener("submit", (event) => event.preventDefault());

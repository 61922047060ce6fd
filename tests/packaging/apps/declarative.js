// A page that is tracked with attributes.

import { declarative } from "natero-wasm/declarative";
import { tracker } from "./tracker.js";

document.body.innerHTML = `
  <main data-na-module="reports" data-na-product="studio">
    <button id="export" data-na-feature="export" data-na-total="3" data-na-details='{"format":"csv"}'><b>Export</b></button>
    <label id="label" data-na-feature="pin"><span>Pin</span> <input type="checkbox" id="pin"></label>
    <form data-na-feature="search"><input id="term"><button id="go">Go</button></form>
    <select id="range" data-na-feature="range"><option>day</option><option>week</option></select>
    <section data-na-module="widget"><a id="more" href="#more" data-na-feature="more">More</a></section>
    <div id="host"></div>
  </main>
  <aside hidden data-na-module="billing"></aside>`;
document
  .getElementById("host")
  .attachShadow({ mode: "open" }).innerHTML = `<button data-na-feature="within">W</button>`;
document.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("more").addEventListener("click", (event) => event.stopImmediatePropagation());
window.stop = declarative(tracker);

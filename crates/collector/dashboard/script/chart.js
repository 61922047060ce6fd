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

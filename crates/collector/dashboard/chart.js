// Draws usage over time.
"use strict";

for (const figure of document.querySelectorAll("figure.chart")) {
  const series = JSON.parse(figure.dataset.series);
  const plot = figure.querySelector(".plot");
  const reading = figure.querySelector(".reading");
  const metrics = figure.querySelector(".metrics");
  const HEIGHT = 260;
  /** Beyond so many days bars are too thin to tell apart. */
  const MOST_BARS = 100;
  let metric = "features";
  let chart = null;

  const isTime = () => metric.endsWith("_time");
  const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const tick = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  const month = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });

  /** Beyond so many days a month is told apart from the same one a year before. */
  const HALF_A_YEAR = 180;
  const DAY = 86_400;
  const onDays = (at) => {
    // Over a few days uPlot marks hours, too.
    if (at % DAY > 0) return "";
    const begins = new Date(at * 1000).getUTCDate() === 1;
    return (series.days.length > HALF_A_YEAR && begins ? month : tick).format(at * 1000);
  };

  const duration = (ms) => {
    const seconds = Math.round(ms / 1000);
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    if (hours > 0) return `${whole.format(hours)} h ${String(minutes).padStart(2, "0")} min`;
    if (minutes > 0) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
    return `${seconds} s`;
  };
  const HOUR = 3_600_000;
  const onAxis = (value) => {
    if (!isTime()) return Number.isInteger(value) || value < 1 ? short.format(value) : "";
    if (value === 0) return "0";
    return value >= HOUR ? `${whole.format(value / HOUR)} h` : `${whole.format(value / 60_000)} min`;
  };
  /** Steps that make round hours and minutes. */
  const TIMES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 6000, 12000, 30000, 60000, 120000, 300000, 600000].map(
    (minutes) => minutes * 60_000,
  );

  const colour = (name) => getComputedStyle(figure).getPropertyValue(name).trim();

  const draw = () => {
    chart?.destroy();
    const values = series[metric];
    const areBars = series.days.length <= MOST_BARS;
    const accent = colour("--accent");
    const axis = { stroke: colour("--muted"), font: `12px ${colour("--font")}`, ticks: { show: false } };
    const step = series.days.length > 1 ? series.days[1] - series.days[0] : DAY;
    const most = Math.max(...values, 0);
    chart = new uPlot(
      {
        width: plot.clientWidth || 600,
        height: HEIGHT,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
        padding: [12, 8, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { show: !areBars, size: 7 } },
        scales: {
          // Room for half a bar on either side. Not of the bounds that uPlot
          // gives: of a single day it makes years.
          x: { range: () => [series.days[0] - step / 2, series.days.at(-1) + step / 2] },
          y: { range: [0, most > 0 ? most * 1.08 : 1] },
        },
        axes: [
          {
            ...axis,
            size: 30,
            gap: 6,
            grid: { show: false },
            space: 72,
            values: (_, splits) => splits.map(onDays),
          },
          {
            ...axis,
            size: 56,
            space: 44,
            gap: 8,
            grid: { stroke: colour("--line"), width: 1 },
            values: (_, splits) => splits.map(onAxis),
            incrs: isTime() ? TIMES : undefined,
          },
        ],
        series: [
          {},
          {
            stroke: areBars ? undefined : accent,
            width: areBars ? 0 : 1.75,
            fill: areBars ? accent : colour("--accent-faint"),
            points: { show: false },
            paths: areBars ? uPlot.paths.bars({ size: [0.68, 42], radius: 0.18 }) : undefined,
          },
        ],
        hooks: {
          setCursor: [
            ({ cursor }) => {
              read(cursor.idx ?? null);
            },
          ],
        },
      },
      [series.days, values],
      plot,
    );
    read(null);
  };

  const read = (at) => {
    const format = isTime() ? duration : (value) => whole.format(value);
    if (at !== null) {
      reading.textContent = `${day.format(series.days[at] * 1000)}: ${format(series[metric][at])}`;
      return;
    }
    const values = series[metric];
    let best = 0;
    values.forEach((value, index) => {
      if (value > values[best]) best = index;
    });
    reading.textContent = values[best] > 0 ? `Most on ${day.format(series.days[best] * 1000)}: ${format(values[best])}` : "None in this period";
  };

  metrics.hidden = false;
  metrics.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-metric]");
    if (!button) return;
    metric = button.dataset.metric;
    for (const each of metrics.querySelectorAll("button")) {
      each.setAttribute("aria-pressed", String(each === button));
    }
    draw();
  });
  if (series.days.length === 0) figure.hidden = true;
  else {
    draw();
    new ResizeObserver(() => {
      const width = plot.clientWidth;
      if (width > 0 && Math.abs(width - chart.width) > 1) chart.setSize({ width, height: HEIGHT });
    }).observe(plot);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  }
}

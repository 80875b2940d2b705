"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");
const make = (tag, name, text) => {
  const e = document.createElement(tag);
  if (name) e.className = name;
  if (text !== undefined) e.textContent = text;
  return e;
};
const svg = (tag, attributes) => {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const k in attributes) e.setAttribute(k, attributes[k]);
  return e;
};
const letter = v => v < 26 ? String.fromCharCode(65 + v) : "?";
const hue = v => "v" + v % 6;
const color = v => getComputedStyle(document.documentElement).getPropertyValue("--" + hue(v)).trim();

const bytes = v => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  while (Math.abs(v) >= 1024 && i < 4) { v /= 1024; i++; }
  return (i && v ? v.toPrecision(3) : Math.round(v)) + " " + units[i];
};
const duration = ns => {
  if (ns === 0) return "0 s";
  const units = [["ns", 1], ["us", 1e3], ["ms", 1e6], ["s", 1e9]];
  const u = units.filter(x => Math.abs(ns) >= x[1]).pop() || units[0];
  return (ns / u[1]).toPrecision(3) + " " + u[0];
};
const number = v => Math.round(v).toLocaleString("en");
const figure = (unit, v) => {
  if (v === null || v === undefined) return "unknown";
  return { ns: duration, bytes, count: number, ratio: x => (x * 100).toPrecision(3) + " %", byte_seconds: x => bytes(x) + " s" }[unit](v);
};

page.append(make("h1", "", data.variants.map((v, i) => letter(i) + ": " + v.label).join("  against  ")));
const dark = () => document.documentElement.dataset.theme === "dark";
const charts = [];
const setTheme = name => {
  document.documentElement.dataset.theme = name;
  charts.forEach(c => c.graph.updateOptions({ colors: c.variants.map(color), axisLineColor: "gray" }));
};
setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

data.variants.forEach((v, i) => {
  const p = make("div", "variant"), s = make("span", "swatch");
  s.style.background = "var(--" + hue(i) + ")";
  p.append(s, make("span", "", letter(i) + "  " + v.label + ": " + v.run_count + " runs" +
    (v.warmup_count ? ", " + v.warmup_count + " to warm up" : "") + (v.failed_count ? ", " + v.failed_count + " failed" : "")));
  page.append(p);
});
const theme = make("button", "", "Light/dark");
theme.type = "button";
theme.id = "theme";
theme.addEventListener("click", () => setTheme(dark() ? "light" : "dark"));
page.append(theme);
data.runs.forEach((r, i) => {
  if (r.reason) page.append(make("p", "about" + (r.state === "failed" ? " warn" : ""), "run " + (i + 1) + " (" + letter(r.variant) + ") " + r.state + ": " + r.reason));
});
data.noise.forEach(n => page.append(make("p", "about warn", "noisy: " + n)));

// One row of dots for each variant: every run that counts.
const strip = (metric, low, high) => {
  const rows = data.variants.length, height = 14 * rows + 16, wide = 400;
  const s = svg("svg", { viewBox: "0 0 " + wide + " " + height, role: "img", "aria-label": metric.label + " of every run" });
  const x = v => high > low ? 8 + (v - low) / (high - low) * (wide - 16) : wide / 2;
  for (let v = 0; v < rows; v++) {
    const y = 8 + 14 * v, values = data.runs.map((r, i) => [r, i]).filter(p => p[0].variant === v && p[0].state === "good" && p[0].values[metric.key] !== null);
    s.append(svg("line", { class: "axis", x1: 4, x2: wide - 4, y1: y, y2: y }));
    values.forEach(p => {
      const dot = svg("circle", { cx: x(p[0].values[metric.key]), cy: y, r: 4, fill: "var(--" + hue(v) + ")", "fill-opacity": 0.55, class: "dot" });
      const title = svg("title", {});
      title.textContent = "run " + (p[1] + 1) + " (" + letter(v) + "): " + figure(metric.unit, p[0].values[metric.key]);
      dot.append(title);
      s.append(dot);
    });
    const of = data.comparisons.find(c => c.metric === metric.key && (v === 0 || c.variant === v));
    const median = of && (v === 0 ? of.base_median : of.median);
    if (median !== null && median !== undefined) s.append(svg("line", { class: "median", x1: x(median), x2: x(median), y1: y - 6, y2: y + 6 }));
  }
  const left = svg("text", { x: 4, y: height - 2 }), right = svg("text", { x: wide - 4, y: height - 2, "text-anchor": "end" });
  left.textContent = figure(metric.unit, low);
  right.textContent = figure(metric.unit, high);
  s.append(left, right);
  return s;
};

page.append(make("h2", "", "What differs"));
const wrap = make("div", "tables"), table = make("table"), head = make("tr");
table.id = "metrics";
["metric"].concat(data.variants.map((v, i) => "median of " + letter(i))).concat(["every run", "verdict"]).forEach((t, i) => {
  const th = make("th", i && i <= data.variants.length ? "figure" : "", t);
  th.scope = "col";
  head.append(th);
});
table.append(head);
data.metrics.forEach(metric => {
  const values = data.runs.filter(r => r.state === "good" && r.values[metric.key] !== null).map(r => r.values[metric.key]);
  const of = data.comparisons.filter(c => c.metric === metric.key), tr = make("tr");
  tr.append(make("td", "", metric.label));
  tr.append(make("td", "figure", figure(metric.unit, of.length ? of[0].base_median : null)));
  of.forEach(c => tr.append(make("td", "figure", figure(metric.unit, c.median))));
  const cell = make("td", "strip");
  if (values.length) cell.append(strip(metric, Math.min(...values), Math.max(...values)));
  const verdict = make("td");
  of.forEach(c => verdict.append(make("div", c.verdict, (of.length > 1 ? letter(c.variant) + ": " : "") + c.verdict_text)));
  tr.append(cell, verdict);
  table.append(tr);
});
wrap.append(table);
page.append(wrap);

// Typical runs laid over each other: one row of the chart for each time that one of them has.
const rowsOf = (variants, key) => {
  const rows = new Map();
  variants.forEach((v, k) => data.series[v].tracks[key].forEach(p => {
    if (!rows.has(p[0])) rows.set(p[0], [p[0]].concat(variants.map(() => null)));
    rows.get(p[0])[k + 1] = p[1];
  }));
  return [...rows.values()].sort((a, b) => a[0] - b[0]);
};
let syncing = false;
const addChart = (key, name, format, options) => {
  const variants = data.series.map((s, i) => i).filter(i => (data.series[i].tracks[key] || []).length);
  if (!variants.length) return;
  const track = make("section", "track"), box = make("div", "chart"), legend = make("div", "about");
  track.id = "track-" + key;
  track.append(make("div", "", name), box, legend);
  page.append(track);
  const graph = new Dygraph(box, rowsOf(variants, key), {
    labels: ["s"].concat(variants.map(letter)), colors: variants.map(color), connectSeparatedPoints: true, includeZero: true,
    labelsDiv: legend, legend: "always", strokeWidth: 1.3, axisLineColor: "gray", gridLineColor: "rgba(128,128,128,0.25)", rightGap: 6,
    axes: { x: { axisLabelFormatter: x => +x.toFixed(6) + " s", valueFormatter: x => "at " + x.toFixed(3) + " s" },
      y: { axisLabelFormatter: format, valueFormatter: v => v === null ? "" : format(v), axisLabelWidth: 76, labelsKMG2: format === bytes } },
    ...options,
    drawCallback: (g, initial) => {
      if (initial || syncing) return;
      syncing = true;
      const range = g.xAxisRange();
      charts.forEach(c => { if (c.graph !== g) c.graph.updateOptions({ dateWindow: range }); });
      syncing = false;
    },
  });
  charts.push({ graph, variants });
};
if (data.series.some(s => s.run)) {
  page.append(make("h2", "", "Over time"));
  page.append(make("p", "about", "the run of each variant with the median wall time (" +
    data.series.filter(s => s.run).map(s => letter(s.variant) + ": run " + s.run).join(", ") + "), from its start; drag: zoom, shift and drag: pan, double click: whole"));
  addChart("rss", "RSS", bytes);
  // What is read seldom is a point: nobody knows what was between.
  addChart("honest", "RSS minus lazy-free", bytes, { strokeWidth: 0, drawPoints: true, pointSize: 3 });
  addChart("live", "Heap live after each collection", bytes, { stepPlot: true });
  addChart("returned", "Given back, per second", v => bytes(v) + "/s");
  addChart("faults", "Page faults per second", number);
}
page.append(make("p", "about", "seed " + data.seed + "; " + data.test_count + " tests at once, p adjusted after Benjamini and Hochberg, at most " +
  data.alpha_ratio * 100 + " %; differences are medians of all pairs of runs, intervals by bootstrap, p by the rank sum test."));

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
const setting = v => v === null ? "(unset)" : v;
const nameOf = c => "GOGC=" + setting(c.gogc) + " GOMEMLIMIT=" + setting(c.gomemlimit);

page.append(make("h1", "", "Pauses, CPU and memory over GOGC and GOMEMLIMIT"));
const setTheme = name => { document.documentElement.dataset.theme = name; };
setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
const theme = make("button", "", "Light/dark");
theme.type = "button";
theme.id = "theme";
theme.addEventListener("click", () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
page.append(theme);
data.runs.forEach((r, i) => {
  if (r.reason) page.append(make("p", "about" + (r.state === "failed" ? " warn" : ""), "run " + (i + 1) + " (" + nameOf(data.cells[r.variant]) + ") " + r.state + ": " + r.reason));
});
data.noise.forEach(n => page.append(make("p", "about warn", "noisy: " + n)));

// What a cell can be asked for: pauses of all runs together, then medians of runs.
const questions = [
  { key: "pauses-p99", label: "pause p99, all runs", unit: "ns", of: c => c.pauses.p99_ns },
  { key: "pauses-p50", label: "pause p50, all runs", unit: "ns", of: c => c.pauses.p50_ns },
  { key: "pauses-max", label: "longest pause, all runs", unit: "ns", of: c => c.pauses.max_ns },
  { key: "cycle-p99", label: "pauses of a cycle, p99", unit: "ns", of: c => c.pauses_per_cycle.p99_ns },
].concat(data.metrics.map(m => ({ key: m.key, label: m.label + ", median of runs", unit: m.unit, of: c => c.medians[m.key] })));

const rows = [...new Set(data.cells.map(c => c.gogc))], columns = [...new Set(data.cells.map(c => c.gomemlimit))];
const choice = make("select");
choice.id = "metric";
choice.setAttribute("aria-label", "what the grid shows");
questions.forEach(q => { const o = make("option", "", q.label); o.value = q.key; choice.append(o); });
choice.value = "gc_cpu";
page.append(make("h2", "", "Grid"), choice);
const table = make("table", "heat");
table.id = "heat";
const wrap = make("div", "tables");
wrap.append(table);
page.append(wrap, make("p", "about", "The stronger the colour, the more. Framed: no other setting takes less GC CPU without a higher RSS peak, or less memory without more GC CPU (the Pareto front)."));
const drawHeat = () => {
  const q = questions.find(x => x.key === choice.value), values = data.cells.map(q.of).filter(v => v !== null);
  const low = Math.min(...values), high = Math.max(...values), head = make("tr");
  table.replaceChildren(head);
  head.append(make("th", "", "GOGC \\ GOMEMLIMIT"));
  columns.forEach(c => { const th = make("th", "figure", setting(c)); th.scope = "col"; head.append(th); });
  rows.forEach(r => {
    const tr = make("tr"), th = make("th", "", setting(r));
    th.scope = "row";
    tr.append(th);
    columns.forEach(c => {
      const cell = data.cells.find(x => x.gogc === r && x.gomemlimit === c), v = q.of(cell);
      const td = make("td", "figure cell" + (cell.is_on_front ? " front" : ""), figure(q.unit, v));
      const part = v === null ? 0 : high > low ? (v - low) / (high - low) : 0;
      td.style.setProperty("--part", (8 + part * 62).toFixed(0) + "%");
      td.title = nameOf(cell) + ", " + cell.run_count + " runs" + (cell.failed_count ? ", " + cell.failed_count + " failed" : "") + (cell.is_on_front ? ", on the front" : "");
      tr.append(td);
    });
    table.append(tr);
  });
};
choice.addEventListener("change", drawHeat);
drawHeat();

// GC CPU against peak RSS: one point for each setting, the front as a line.
const drawFront = () => {
  const points = data.cells.map(c => ({ c, x: c.medians.gc_cpu, y: c.medians.rss_peak })).filter(p => p.x !== null && p.y !== null);
  if (!points.length) return;
  const wide = 640, high = 300, left = 80, foot = 40;
  const xs = points.map(p => p.x), ys = points.map(p => p.y), mostX = Math.max(...xs) * 1.08 || 1, mostY = Math.max(...ys) * 1.08 || 1;
  const px = v => left + v / mostX * (wide - left - 20), py = v => high - foot - v / mostY * (high - foot - 12);
  const s = svg("svg", { viewBox: "0 0 " + wide + " " + high, role: "img", id: "pareto", "aria-label": "GC CPU against RSS peak, one point for each setting" });
  s.append(svg("line", { class: "axis", x1: left, x2: wide - 10, y1: high - foot, y2: high - foot }), svg("line", { class: "axis", x1: left, x2: left, y1: 8, y2: high - foot }));
  const text = (x, y, t, anchor) => { const e = svg("text", { x, y, "text-anchor": anchor }); e.textContent = t; s.append(e); };
  for (let i = 0; i <= 4; i++) {
    text(px(mostX * i / 4), high - foot + 16, duration(mostX * i / 4), "middle");
    text(left - 6, py(mostY * i / 4) + 4, bytes(mostY * i / 4), "end");
  }
  text((left + wide) / 2, high - 6, "GC CPU, median of runs", "middle");
  const front = points.filter(p => p.c.is_on_front).sort((a, b) => a.x - b.x);
  s.append(svg("polyline", { points: front.map(p => px(p.x) + "," + py(p.y)).join(" "), fill: "none", stroke: "var(--v0)", "stroke-width": 2 }));
  points.forEach(p => {
    const dot = svg("circle", { class: "dot", cx: px(p.x), cy: py(p.y), r: 5, fill: p.c.is_on_front ? "var(--v0)" : "var(--v5)" }), title = svg("title", {});
    title.textContent = nameOf(p.c) + ": " + duration(p.x) + ", " + bytes(p.y);
    dot.append(title);
    s.append(dot);
    if (p.c.is_on_front) text(px(p.x) + (p.x > mostX * 0.75 ? -8 : 8), py(p.y) - 7, setting(p.c.gogc) + " / " + setting(p.c.gomemlimit), p.x > mostX * 0.75 ? "end" : "start");
  });
  page.append(make("h2", "", "GC CPU against RSS peak"), s);
};
drawFront();

page.append(make("h2", "", "Pauses of all runs"));
const most = Math.max(1, ...data.cells.flatMap(c => c.pauses.histogram.map(b => b.count)));
data.cells.forEach(c => {
  const box = make("div", "track"), buckets = c.pauses.histogram;
  box.append(make("div", "", nameOf(c) + ": " + number(c.pauses.count) + " pauses, p50 " + figure("ns", c.pauses.p50_ns) + ", p99 " + figure("ns", c.pauses.p99_ns) + ", longest " + figure("ns", c.pauses.max_ns)));
  if (buckets.length) {
    const wide = 640, high = 14 * buckets.length + 4, s = svg("svg", { viewBox: "0 0 " + wide + " " + high, class: "histogram", role: "img", "aria-label": "pauses by length under " + nameOf(c) });
    buckets.forEach((b, i) => {
      const label = svg("text", { x: 150, y: 14 * i + 11, "text-anchor": "end" }), count = svg("text", { x: 160 + b.count / most * 400 + 4, y: 14 * i + 11 });
      label.textContent = duration(b.from_ns) + (b.to_ns === null ? " or more" : " - " + duration(b.to_ns));
      count.textContent = number(b.count);
      s.append(label, svg("rect", { x: 156, y: 14 * i + 2, width: Math.max(1, b.count / most * 400), height: 10, fill: "var(--v0)" }), count);
    });
    box.append(s);
  }
  page.append(box);
});
page.append(make("p", "about", "seed " + data.seed));

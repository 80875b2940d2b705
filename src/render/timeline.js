"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const S = 1e9;
const first = data.from_ns / S, last = data.to_ns / S;
const width = (last - first) / data.column_count;
const BARS = 240;
const ROWS = 200;

const make = (tag, className, text) => {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
};
const color = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const digits = (v, n) => v === 0 ? "0" : Math.abs(v) >= 100 ? v.toFixed(0) : v.toPrecision(n);
const grouped = new Intl.NumberFormat("en-US");
const number = v => v === null ? "unknown" : grouped.format(v);
const bytes = v => {
  if (v === null) return "unknown";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0, n = v;
  while (Math.abs(n) >= 1024 && i < 4) { n /= 1024; i++; }
  return digits(n, 3) + " " + units[i];
};
const exactBytes = v => v === null ? "unknown" : bytes(v) + " (" + number(v) + " B)";
const duration = ns => {
  if (ns === null) return "unknown";
  if (ns < 1e3) return ns + " ns";
  if (ns < 1e6) return digits(ns / 1e3, 3) + " us";
  if (ns < 1e9) return digits(ns / 1e6, 3) + " ms";
  return digits(ns / 1e9, 4) + " s";
};
const seconds = t => t.toFixed(Math.max(0, Math.min(6, Math.ceil(2 - Math.log10(Math.max(view[1] - view[0], 1e-9)))))) + " s";

// A track: times of its columns, and what is in them.
const open = t => {
  const at = [];
  let i = 0;
  for (const step of t.at) { i += step; at.push(i); }
  return { at, low: t.low || null, high: t.high || null, sum: t.sum || null, cause: t.cause, advice: t.advice };
};
const tracks = {};
for (const name of Object.keys(data.tracks)) if (name !== "returns") tracks[name] = open(data.tracks[name]);
const returns = data.tracks.returns.map(open);
const begin = i => first + i * width;

// The newest column at or before a time; -1 when there is none.
const find = (track, t) => {
  let low = 0, high = track.at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (begin(track.at[middle]) <= t) low = middle + 1; else high = middle;
  }
  return low - 1;
};

// RSS less what is offered and still there, where both are known.
const honest = { at: [], low: [], high: [] };
tracks.lazyfree.at.forEach((column, i) => {
  const k = find(tracks.rss, begin(column) + width / 2);
  if (k < 0) return;
  honest.at.push(column);
  honest.low.push(tracks.rss.low[k] - tracks.lazyfree.high[i]);
  honest.high.push(tracks.rss.high[k] - tracks.lazyfree.low[i]);
});

const cycleIndex = {};
data.cycles.fields.forEach((name, i) => { cycleIndex[name] = i; });
const cycles = data.cycles.rows;
const cycleAt = (row, name) => row[cycleIndex[name]];

let view = [first, last];
let bin = 1;
const charts = [];

// Levels: each column's least and greatest value, so that no peak is lost.
const levelRows = series => {
  const rows = new Map();
  const put = (x, k, v) => {
    let row = rows.get(x);
    if (!row) { row = [x].concat(series.map(() => null)); rows.set(x, row); }
    row[k + 1] = v;
  };
  series.forEach((s, k) => s.track.at.forEach((column, i) => {
    put(begin(column), k, s.track.low[i]);
    if (s.track.high[i] !== s.track.low[i]) put(begin(column) + width / 2, k, s.track.high[i]);
  }));
  // A level lasts: it goes on to the end.
  series.forEach((s, k) => { if (!s.seldom && s.track.at.length) put(last, k, s.track.high[s.track.high.length - 1]); });
  return [...rows.values()].sort((a, b) => a[0] - b[0]);
};

// Sums: as many columns together as make a bar that can be seen.
const sumRows = (series, scale) => {
  const rows = new Map();
  series.forEach((s, k) => s.track.at.forEach((column, i) => {
    const x = Math.floor(column / bin);
    let row = rows.get(x);
    if (!row) { row = [first + (x + 0.5) * bin * width].concat(series.map(() => 0)); rows.set(x, row); }
    row[k + 1] += s.track.sum[i] * scale(x);
  }));
  const sorted = [...rows.values()].sort((a, b) => a[0] - b[0]);
  return sorted.length ? sorted : [[first].concat(series.map(() => 0))];
};
const sumAt = (track, t) => {
  const from = barAt(t) * bin, to = from + bin;
  let sum = 0;
  let low = 0, high = track.at.length;
  while (low < high) { const m = (low + high) >> 1; if (track.at[m] < from) low = m + 1; else high = m; }
  for (; low < track.at.length && track.at[low] < to; low++) sum += track.sum[low];
  return sum;
};

// Bars, side by side in time; a pixel wide at least. Stacked ones stand on each other.
const bars = (names, stacked) => e => {
  if (e.seriesIndex !== 0) return;
  const g = e.dygraph, ctx = e.drawingContext, base = g.toDomYCoord(0);
  const wide = Math.max(1, (g.toDomXCoord(first + bin * width) - g.toDomXCoord(first)) * 0.92);
  const under = new Map();
  e.allSeriesPoints.forEach((points, k) => {
    ctx.fillStyle = color(names[k]);
    for (const p of points) {
      if (!(p.yval > 0)) continue;
      const from = under.get(p.xval) || 0;
      const top = g.toDomYCoord(stacked ? from + p.yval : p.yval);
      const foot = stacked ? g.toDomYCoord(from) : base;
      const height = Math.max(1, foot - top);
      ctx.fillRect(p.canvasx - wide / 2, foot - height, wide, height);
      under.set(p.xval, from + p.yval);
    }
  });
};

const axisColors = () => ({ axisLineColor: color("line"), gridLineColor: color("line") });

let syncing = false;
const clampView = (from, to) => {
  const span = Math.min(Math.max(to - from, width), last - first);
  const start = Math.min(Math.max(from, first), last - span);
  return [start, start + span];
};
const setView = (from, to) => {
  view = clampView(from, to);
  bin = Math.max(1, Math.ceil((view[1] - view[0]) / width / BARS));
  syncing = true;
  for (const c of charts) {
    const o = { dateWindow: view };
    if (c.rows) o.file = c.rows();
    c.graph.updateOptions(o);
  }
  syncing = false;
  showRange();
  fillTable();
};
const zoom = factor => {
  const middle = (view[0] + view[1]) / 2, half = (view[1] - view[0]) / 2 * factor;
  setView(middle - half, middle + half);
};
const pan = part => {
  const d = (view[1] - view[0]) * part;
  setView(view[0] + d, view[1] + d);
};

const page = document.getElementById("page");
page.append(make("h1", "", data.command || data.recording));
page.append(make("p", "about", [data.go_version, "recording " + data.recording,
  data.start_unix_ns ? "from " + new Date(data.start_unix_ns / 1e6).toISOString() : "",
  data.align_uncertainty_ns === null ? "" : "cycles placed to +- " + duration(data.align_uncertainty_ns)]
  .filter(x => x).join(" | ")));

const bar = make("div", "bar");
const button = (label, title, action) => {
  const b = make("button", "", label);
  b.type = "button"; b.title = title;
  b.addEventListener("click", action);
  bar.append(b);
  return b;
};
button("Whole", "the whole time (key 0)", () => setView(first, last)).id = "whole";
button("+", "zoom in (key +)", () => zoom(0.5)).id = "zoom-in";
button("-", "zoom out (key -)", () => zoom(2)).id = "zoom-out";
button("<", "earlier (left arrow)", () => pan(-0.25)).id = "earlier";
button(">", "later (right arrow)", () => pan(0.25)).id = "later";
const dark = () => document.documentElement.dataset.theme === "dark";
const setTheme = name => {
  document.documentElement.dataset.theme = name;
  for (const c of charts) c.graph.updateOptions(Object.assign(axisColors(), { colors: c.names.map(color) }));
};
button("Light/dark", "the other colours", () => setTheme(dark() ? "light" : "dark")).id = "theme";
const range = make("span", "range");
range.id = "range";
range.setAttribute("aria-live", "polite");
bar.append(range, make("span", "hint",
  "drag: zoom | shift+drag: pan | ctrl+wheel: zoom | double click: whole | arrows, + - 0 on a track; , and . move the cursor"));
page.append(bar);
const showRange = () => {
  range.textContent = seconds(view[0]) + " to " + seconds(view[1]) + " (" + duration((view[1] - view[0]) * S) + ")";
};

let cursor = null;
const moveCursor = t => {
  cursor = Math.min(Math.max(t, view[0]), view[1]);
  for (const c of charts) {
    c.line.style.display = "block";
    c.line.style.left = (c.graph.toDomXCoord(cursor) + c.box.offsetLeft) + "px";
    c.readings.forEach(r => { r.span.textContent = r.label + " " + r.read(cursor); });
    c.time.textContent = "at " + cursor.toFixed(6) + " s";
  }
};

const keys = e => {
  const act = { ArrowLeft: () => pan(-0.1), ArrowRight: () => pan(0.1), "+": () => zoom(0.5), "=": () => zoom(0.5),
    "-": () => zoom(2), "0": () => setView(first, last), Home: () => setView(first, last),
    ",": () => moveCursor((cursor === null ? view[1] : cursor) - (view[1] - view[0]) / 200),
    ".": () => moveCursor((cursor === null ? view[0] : cursor) + (view[1] - view[0]) / 200) }[e.key];
  if (!act || e.ctrlKey || e.metaKey || e.altKey) return;
  e.preventDefault();
  act();
};

// One track: a head with readings, and a chart. names: the colours of its series.
const addTrack = (id, name, height, names, readings, rows, options) => {
  const track = make("section", "track");
  track.id = id;
  const head = make("div", "head");
  head.append(make("span", "name", name));
  for (const r of readings) {
    const v = make("span", "value"), swatch = make("span", "swatch");
    swatch.style.background = "var(--" + r.color + ")";
    r.span = make("span", "", r.label);
    v.append(swatch, r.span);
    head.append(v);
  }
  const time = make("span", "value");
  head.append(time);
  const box = make("div", "chart");
  box.style.height = height + "px";
  box.tabIndex = 0;
  box.setAttribute("role", "application");
  box.addEventListener("focus", () => head.setAttribute("aria-live", "polite"));
  box.addEventListener("blur", () => head.removeAttribute("aria-live"));
  box.setAttribute("aria-label", name + " over time; arrows move, + and - zoom, comma and period move the cursor");
  const line = make("div", "cursor");
  track.append(head, box, line);
  page.append(track);
  const c = { id, box, line, time, names, readings, rows: options.moving ? rows : null };
  const graph = new Dygraph(box, rows(), Object.assign({
    labels: ["s"].concat(names), dateWindow: view, legend: "never", colors: names.map(color),
    connectSeparatedPoints: true, showLabelsOnHighlight: false, highlightCircleSize: 0, includeZero: true,
    axes: {
      x: { axisLabelFormatter: x => seconds(x), pixelsPerLabel: 110 },
      y: { axisLabelFormatter: options.axis, axisLabelWidth: 72, pixelsPerLabel: height < 100 ? 18 : 28, labelsKMG2: options.axis === bytes },
    },
    drawCallback: (g, initial) => {
      if (initial || syncing) return;
      const r = g.xAxisRange();
      if (Math.abs(r[0] - view[0]) > width * 1e-6 || Math.abs(r[1] - view[1]) > width * 1e-6) setView(r[0], r[1]);
    },
    rightGap: 6,
  }, axisColors(), options.graph || {}));
  c.graph = graph;
  box.addEventListener("keydown", keys);
  box.addEventListener("mousemove", e => {
    moveCursor(graph.toDataXCoord(e.clientX - box.getBoundingClientRect().left));
  });
  box.addEventListener("dblclick", () => setView(first, last));
  box.addEventListener("wheel", e => {
    if (!e.ctrlKey) return;
    e.preventDefault();
    const t = graph.toDataXCoord(e.clientX - box.getBoundingClientRect().left), f = e.deltaY < 0 ? 0.7 : 1 / 0.7;
    setView(t - (t - view[0]) * f, t + (view[1] - t) * f);
  }, { passive: false });
  charts.push(c);
};
const noTrack = (id, name, why) => {
  const track = make("section", "track");
  track.id = id;
  const head = make("div", "head");
  head.append(make("span", "name", name));
  track.append(head, make("div", "none", why));
  page.append(track);
};

const level = (track, t) => {
  const i = find(track, t);
  if (i < 0) return "unknown";
  const low = track.low[i], high = track.high[i];
  return low === high ? exactBytes(low) : bytes(low) + " to " + bytes(high) + " (" + number(low) + " to " + number(high) + " B)";
};

setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
bin = Math.max(1, Math.ceil(data.column_count / BARS));

const levels = [
  { label: "RSS", color: "rss", track: tracks.rss },
  { label: "RSS minus lazy-free", color: "honest", track: honest, seldom: true },
  { label: "heap live", color: "live", track: tracks.live, step: true },
  { label: "goal", color: "goal", track: tracks.goal, step: true },
  { label: "released", color: "released", track: tracks.released, step: true },
  { label: "huge pages", color: "huge", track: tracks.anonhuge, seldom: true },
].filter(s => s.track.at.length);
if (levels.length) {
  const series = {};
  // What is read seldom is a point: nobody knows what was between.
  levels.forEach(s => {
    series[s.color] = s.seldom ? { strokeWidth: 0, drawPoints: true, pointSize: 3 } : { stepPlot: !!s.step, strokeWidth: 1.4 };
  });
  levels.forEach(s => { s.read = t => level(s.track, t); });
  addTrack("memory", "Memory", 220, levels.map(s => s.color), levels, () => levelRows(levels),
    { axis: bytes, graph: { series } });
} else noTrack("memory", "Memory", "no sample of memory was taken");

// The newest cycle that began at or before a time.
const cycleOf = t => {
  let low = 0, high = cycles.length;
  while (low < high) { const m = (low + high) >> 1; if (cycleAt(cycles[m], "start_ns") / S <= t) low = m + 1; else high = m; }
  return low ? cycles[low - 1] : null;
};
const nameOf = row => {
  const a = cycleAt(row, "first"), b = cycleAt(row, "last");
  return (a === b ? "gc " + a : "gc " + a + " to " + b) + (cycleAt(row, "forced_count") ? " (forced)" : "");
};
const phaseOf = t => {
  const row = cycleOf(t);
  if (!row) return "before the first";
  const at = t * S - cycleAt(row, "start_ns"), stop = cycleAt(row, "sweep_termination_ns"), mark = cycleAt(row, "mark_ns");
  if (t * S > cycleAt(row, "end_ns")) return "after " + nameOf(row);
  if (cycleAt(row, "cycle_count") > 1 || stop === null || mark === null) return nameOf(row);
  return nameOf(row) + ", " + (at < stop ? "sweep termination" : at < stop + mark ? "mark" : "mark termination");
};
const drawCycles = (ctx, area, g) => {
  const mark = color("mark"), stop = color("stop");
  // What is narrower than a pixel is drawn as one, as faint as it is narrow: else a second's pauses would fill the strip.
  const box = (from, to, style, faintest) => {
    const x = g.toDomXCoord(from / S), w = g.toDomXCoord(to / S) - x;
    if (x > area.x + area.w || x + w < area.x) return;
    ctx.globalAlpha = Math.max(faintest, Math.min(1, w));
    ctx.fillStyle = style;
    ctx.fillRect(x, area.y + 2, Math.max(1, w), area.h - 4);
    ctx.globalAlpha = 1;
  };
  for (const row of cycles) {
    const from = cycleAt(row, "start_ns"), to = cycleAt(row, "end_ns");
    if (to / S < view[0] || from / S > view[1]) continue;
    box(from, to, mark, 0.3);
  }
  for (const row of cycles) {
    const from = cycleAt(row, "start_ns"), to = cycleAt(row, "end_ns");
    if (to / S < view[0] || from / S > view[1] || cycleAt(row, "cycle_count") > 1) continue;
    if (cycleAt(row, "sweep_termination_ns") !== null) box(from, from + cycleAt(row, "sweep_termination_ns"), stop, 0.12);
    if (cycleAt(row, "mark_termination_ns") !== null) box(to - cycleAt(row, "mark_termination_ns"), to, stop, 0.12);
  }
};
if (cycles.length) addTrack("cycles", "Cycles", 54, ["mark"],
  [{ label: "cycle", color: "mark", read: phaseOf }, { label: "the world is stopped", color: "stop", read: () => "" }],
  () => [[first, 0], [last, 0]],
  { axis: () => "", graph: { underlayCallback: drawCycles, drawGrid: false, valueRange: [0, 1] } });
else noTrack("cycles", "Cycles", "no collection was seen");

if (tracks.pauses.at.length) addTrack("pauses", "Pauses, the longest of each column", 80, ["stop"],
  [{ label: "pause", color: "stop", read: t => {
    const i = find(tracks.pauses, t);
    return i < 0 || t - begin(tracks.pauses.at[i]) > bin * width ? "none here" : "up to " + duration(tracks.pauses.high[i]);
  } }],
  () => tracks.pauses.at.map((column, i) => [begin(column) + width / 2, tracks.pauses.high[i]]),
  { axis: duration, graph: { plotter: e => {
    const ctx = e.drawingContext, base = e.dygraph.toDomYCoord(0);
    ctx.fillStyle = color("stop");
    for (const p of e.points) ctx.fillRect(p.canvasx - 1, p.canvasy, 2, Math.max(1, base - p.canvasy));
  } } });
else noTrack("pauses", "Pauses", "no pause was seen");

// The last bar has the columns that are left.
const barAt = t => Math.min(Math.floor((t - first) / width / bin), Math.ceil(data.column_count / bin) - 1);
const columnsOf = bar => Math.min(bin, data.column_count - bar * bin);
const per = t => "in " + duration(columnsOf(barAt(t)) * width * S);
const sums = (list, read) => list.map(s => Object.assign(s, { read: t => read(s.track, t) }));
if (returns.length) {
  const list = returns.map(r => ({ label: r.cause + ", " + r.advice, color: r.cause + (r.advice === "MADV_FREE" ? "-free" : ""), track: r }));
  addTrack("returns", "Given back", 110, list.map(s => s.color),
    sums(list, (track, t) => exactBytes(sumAt(track, t)) + " " + per(t)),
    () => sumRows(list, () => 1),
    { axis: bytes, moving: true, graph: { plotter: bars(list.map(s => s.color), true), valueRange: [0, null] } });
} else noTrack("returns", "Given back", data.returns_source ? "nothing was given back" : "returns were not recorded");

if (tracks.faults.at.length) {
  const list = [{ label: "faults", color: "faults", track: tracks.faults }];
  if (data.has_refaults) list.push({ label: "refaults", color: "refaults", track: tracks.refaults });
  addTrack("faults", "Minor faults", 110, list.map(s => s.color),
    sums(list, (track, t) => number(sumAt(track, t)) + " " + per(t)),
    () => sumRows(list, () => 1),
    { axis: v => number(v), moving: true, graph: { plotter: bars(list.map(s => s.color), false) } });
} else noTrack("faults", "Minor faults", data.has_fault_records ? "no fault was recorded" : "addresses of faults were not recorded");

if (tracks.gc_cpu_ns.at.length && data.procs) {
  const list = [{ label: "collector", color: "cpu", track: tracks.gc_cpu_ns }];
  const share = bar => 100 / (columnsOf(bar) * width * S * data.procs);
  addTrack("cpu", "CPU share of the collector, of GOMAXPROCS=" + data.procs, 80, ["cpu"],
    sums(list, (track, t) => (sumAt(track, t) * share(barAt(t))).toFixed(1) + " % " + per(t)),
    () => sumRows(list, share),
    { axis: v => v.toFixed(0) + " %", moving: true, graph: { plotter: bars(["cpu"], false) } });
} else noTrack("cpu", "CPU share of the collector", "not known");

const section = (title, id) => {
  const s = make("section");
  s.append(make("h2", "", title));
  s.id = id;
  page.append(s);
  return s;
};

if (data.findings.length) {
  const s = section("Findings", "findings");
  for (const f of data.findings) {
    const d = make("div", "finding " + f.severity);
    d.append(make("span", "key", f.key), make("span", "", " " + f.evidence));
    if (f.advice) d.append(make("div", "", f.advice));
    s.append(d);
  }
}

const mib = v => v === null ? "-" : (v / 1048576).toFixed(v % 1048576 ? 2 : 0);
const columns = [
  ["gc", row => nameOf(row).slice(3)], ["start s", row => (cycleAt(row, "start_ns") / S).toFixed(4)],
  ["sweep term", row => duration(cycleAt(row, "sweep_termination_ns"))], ["mark", row => duration(cycleAt(row, "mark_ns"))],
  ["mark term", row => duration(cycleAt(row, "mark_termination_ns"))], ["start MiB", row => mib(cycleAt(row, "heap_start_bytes"))],
  ["end MiB", row => mib(cycleAt(row, "heap_end_bytes"))], ["live MiB", row => mib(cycleAt(row, "heap_live_bytes"))],
  ["goal MiB", row => mib(cycleAt(row, "goal_bytes"))], ["given back MiB", row => mib(cycleAt(row, "returned_bytes"))],
  ["faults", row => number(cycleAt(row, "fault_count"))], ["refaults", row => number(cycleAt(row, "refault_count"))],
  ["RSS MiB", row => mib(cycleAt(row, "rss_end_bytes"))],
];
const cycleSection = section("Cycles in the time shown", "cycle-table");
const wrap = make("div", "tables"), table = make("table"), headRow = make("tr"), body = make("tbody"), more = make("p", "about");
columns.forEach(c => { const th = make("th", "", c[0]); th.scope = "col"; headRow.append(th); });
const thead = make("thead");
thead.append(headRow);
table.append(thead, body);
wrap.append(table);
cycleSection.append(wrap, more);
const zoomToRow = e => {
  const tr = e.target.closest("tr");
  if (!tr || !tr.row || (e.type === "keydown" && e.key !== "Enter")) return;
  const from = cycleAt(tr.row, "start_ns") / S, to = cycleAt(tr.row, "end_ns") / S;
  setView(from - (to - from) / 2, to + (to - from) / 2);
  window.scrollTo({ top: 0 });
};
body.addEventListener("click", zoomToRow);
body.addEventListener("keydown", zoomToRow);
const fillTable = () => {
  const shown = cycles.filter(row => cycleAt(row, "end_ns") / S >= view[0] && cycleAt(row, "start_ns") / S <= view[1]);
  const rows = document.createDocumentFragment();
  for (const row of shown.slice(0, ROWS)) {
    const tr = make("tr");
    columns.forEach(c => tr.append(make("td", "", c[1](row))));
    tr.tabIndex = 0;
    tr.title = "zoom to this cycle";
    tr.setAttribute("aria-label", nameOf(row) + ", Enter zooms to it");
    tr.row = row;
    rows.append(tr);
  }
  body.replaceChildren(rows);
  more.textContent = (shown.length > ROWS ? "The first " + ROWS + " of " + number(shown.length) + " rows: zoom in for the others. " : number(shown.length) + " rows. ") +
    (data.cycles.per_row > 1 ? "There are many cycles: a row stands for up to " + data.cycles.per_row + "; times are the longest, amounts are sums." : "");
};

if (data.stacks.length) {
  const s = section("Where it happens", "stacks"), t = make("table");
  const h = make("tr");
  ["of", "share", "innermost function first"].forEach((name, i) => h.append(make("th", i === 1 ? "" : "words", name)));
  t.append(h);
  for (const k of data.stacks) {
    const tr = make("tr");
    tr.append(make("td", "kind", k.what), make("td", "", (k.share * 100).toFixed(1) + " %"), make("td", "words", k.frames.join(" < ")));
    t.append(tr);
  }
  const w = make("div", "tables");
  w.append(t);
  s.append(w);
}
if (data.broken.length) {
  const s = section("Text on stderr that looks like the runtime's and is no whole line", "broken");
  s.append(make("pre", "", data.broken.join("\n")));
}
if (data.summary) section("Summary", "summary").append(make("pre", "", data.summary));

// Paper is white.
let screenTheme = null;
addEventListener("beforeprint", () => { screenTheme = document.documentElement.dataset.theme; setTheme("light"); });
addEventListener("afterprint", () => { if (screenTheme) setTheme(screenTheme); });
addEventListener("resize", () => { for (const c of charts) c.graph.resize(); });

showRange();
fillTable();
document.documentElement.dataset.ready = "1";
})();

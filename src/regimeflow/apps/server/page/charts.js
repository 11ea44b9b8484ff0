// Two charts on canvas: the equity curve with its regimes, and the histogram of latencies.

import { count, money, span } from "/tables.js";

const REGIMES = { bull: "#2e9e5b", neutral: "#7a8798", bear: "#d98324", crisis: "#c0232c", unknown: "#a9b2bf" };
const OTHERS = ["#8a5cd1", "#2a8fb8", "#b8478f", "#6b8e23"];
const BAND = 10;

export function colourOf(regime) {
  if (REGIMES[regime]) return REGIMES[regime];
  let sum = 0;
  for (const letter of regime) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return OTHERS[sum % OTHERS.length];
}

function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function pen(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "12px system-ui, sans-serif";
  return { context, width, height };
}

function steps(low, high, most) {
  const rough = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(at);
  return { found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

// Points are [ns, equity, daily, regime]; equity may be unknown.
export function drawCurve(canvas, points) {
  const { context, width, height } = pen(canvas);
  const known = points.filter((point) => point[1] !== null);
  if (known.length < 2 || width < 40) return;
  const values = known.map((point) => Number(point[1]));
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (high - low < 1e-9) [low, high] = [low - 1, high + 1];
  const { found, digits } = steps(low, high, 5);
  const label = (value) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const left = Math.max(...found.map((value) => context.measureText(label(value)).width), 20) + 10;
  const bottom = height - BAND - 20;
  const from = known[0][0];
  const to = known[known.length - 1][0];
  const x = (ns) => left + ((ns - from) / Math.max(1, to - from)) * (width - left - 4);
  const y = (value) => 8 + (1 - (value - low) / (high - low)) * (bottom - 14);

  context.strokeStyle = ink("--line");
  context.fillStyle = ink("--soft");
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.lineWidth = 1;
  for (const value of found) {
    context.beginPath();
    context.moveTo(left, y(value));
    context.lineTo(width, y(value));
    context.stroke();
    context.fillText(label(value), left - 6, y(value));
  }
  context.textBaseline = "alphabetic";
  const times = Math.max(2, Math.floor((width - left) / 110));
  for (let at = 0; at <= times; at += 1) {
    const ns = from + ((to - from) * at) / times;
    context.textAlign = at === 0 ? "left" : at === times ? "right" : "center";
    context.fillText(new Date(ns / 1e6).toISOString().slice(11, 19), x(ns), height - 3);
  }
  for (let at = 0; at < known.length - 1; at += 1) {
    context.fillStyle = colourOf(known[at][3]);
    context.fillRect(x(known[at][0]), bottom, x(known[at + 1][0]) - x(known[at][0]) + 0.6, BAND - 3);
  }
  context.strokeStyle = ink("--accent");
  context.lineWidth = 1.8;
  context.lineJoin = "round";
  context.beginPath();
  known.forEach((point, at) => (at ? context.lineTo(x(point[0]), y(values[at])) : context.moveTo(x(point[0]), y(values[at]))));
  context.stroke();
  const last = known[known.length - 1];
  canvas.setAttribute(
    "aria-label",
    `Equity curve from ${money(known[0][1])} to ${money(last[1])}, lowest ${money(low)}, highest ${money(high)}; regime ${last[3]}`,
  );
}

export function drawLatency(canvas, latency) {
  const { context, width, height } = pen(canvas);
  if (!latency?.count || width < 40) return;
  const within = [...latency.within, latency.count];
  const bars = within.map((total, at) => total - (at ? within[at - 1] : 0));
  let first = bars.findIndex(Boolean);
  let last = bars.length - 1;
  while (last > first && !bars[last]) last -= 1;
  first = Math.max(0, first - 1);
  last = Math.min(bars.length - 1, last + 1);
  const most = Math.max(...bars);
  const bottom = height - 18;
  const step = (width - 4) / (last - first + 1);
  context.textAlign = "center";
  for (let at = first; at <= last; at += 1) {
    const tall = bars[at] ? Math.max(2, (Math.log1p(bars[at]) / Math.log1p(most)) * (bottom - 16)) : 0;
    const left = 2 + (at - first) * step;
    context.fillStyle = ink("--accent");
    context.fillRect(left + 1, bottom - tall, Math.max(1, step - 2), tall);
    context.fillStyle = ink("--soft");
    const edge = at < latency.bounds_ns.length ? `≤${span(latency.bounds_ns[at]).replace(".0", "")}` : ">1 s";
    if (step > 44 || (at - first) % Math.ceil(52 / step) === 0) context.fillText(edge, left + step / 2, height - 4);
    if (bars[at] && step > 40) context.fillText(count(bars[at]), left + step / 2, bottom - tall - 4);
  }
  canvas.setAttribute(
    "aria-label",
    `Latency histogram of ${count(latency.count)} messages: median ${span(latency.p50_ns)}, p99 ${span(latency.p99_ns)}, worst ${span(latency.max_ns)}`,
  );
}

// The page: one stream in, at most one drawing a frame out, buttons by requests of their own.

import { colourOf, drawCurve, drawLatency } from "/charts.js";
import { byCurrency, bytes, clock, count, exact, fill, money, say, signed, span, tone } from "/tables.js";

const SILENT_MS = 6000; // something comes every two seconds, if only a beat
const LONGEST_WAIT_MS = 10000;
const MOST_EVENTS = 200;
const $ = (id) => document.getElementById(id);

const view = { parts: {}, points: [], events: [], mayPress: false, heardMs: 0, isUp: false };
const dirty = new Set();
let token = "";
let isDue = false;

// ---- the token: in this tab's memory only, never in an address that is kept

function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    history.replaceState(null, "", location.pathname);
    sessionStorage.setItem("token", given);
  }
  token = sessionStorage.getItem("token") ?? "";
}

function demandToken(text) {
  sessionStorage.removeItem("token");
  token = "";
  $("main").hidden = true;
  $("login").hidden = false;
  say($("login-error"), text);
  $("token").focus();
}

$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value.trim();
  sessionStorage.setItem("token", token);
  $("token").value = "";
  run();
});

const headers = () => ({ Authorization: `Bearer ${token}` });

// ---- the stream

async function run() {
  let waitMs = 500;
  while (token) {
    const began = Date.now();
    try {
      const role = await fetch("/api/role", { headers: headers(), cache: "no-store" });
      if (role.status === 401) return demandToken("That token is not, or no longer, this session's.");
      if (!role.ok) throw new Error(`answer ${role.status}`);
      view.mayPress = (await role.json()).may_press;
      $("login").hidden = true;
      $("main").hidden = false;
      await listen();
    } catch (error) {
      console.info("the stream ended:", error.message);
    }
    setUp(false);
    waitMs = Date.now() - began > 15000 ? 500 : Math.min(LONGEST_WAIT_MS, waitMs * 2);
    await new Promise((done) => setTimeout(done, waitMs * (0.5 + Math.random() / 2)));
  }
}

async function listen() {
  const stop = new AbortController();
  const answer = await fetch("/api/stream", { headers: headers(), cache: "no-store", signal: stop.signal });
  if (!answer.ok) throw new Error(`answer ${answer.status}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  view.heardMs = Date.now();
  const watch = setInterval(() => Date.now() - view.heardMs > SILENT_MS && stop.abort(), 1000);
  try {
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw new Error("closed by the session");
      view.heardMs = Date.now();
      setUp(true);
      const messages = (rest + value).split("\n\n");
      rest = messages.pop();
      for (const each of messages) if (each.startsWith("data: ")) take(JSON.parse(each.slice(6)));
    }
  } finally {
    clearInterval(watch);
    stop.abort();
  }
}

function setUp(isUp) {
  if (view.isUp === isUp && isUp) return;
  view.isUp = isUp;
  mark("link");
}

function take(changes) {
  for (const [name, value] of Object.entries(changes)) {
    if (name === "curve") {
      view.points = value.whole ? value.points : view.points.concat(value.points);
    } else if (name === "events") {
      view.events = view.events.concat(value).slice(-MOST_EVENTS);
    } else {
      view.parts[name] = value;
    }
    mark(name);
  }
}

// ---- drawing: whatever has come since the last frame, once

function mark(name) {
  dirty.add(name);
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    const names = [...dirty];
    dirty.clear();
    view.frames = (view.frames ?? 0) + 1;
    for (const each of names) draw[each]?.(view.parts[each]);
  });
}

function none(name, rows) {
  $(`${name}-none`).hidden = rows.length > 0;
}

const isJournal = () => view.parts.session?.mode === "journal";
const STATES = { ACTIVE: "good", REDUCE_ONLY: "warn", HALTED: "bad" };

const draw = {
  link() {
    const link = view.parts.link ?? { state: "starting" };
    const isStale = !view.isUp || link.state === "silent";
    $("main").classList.toggle("stale", isStale);
    const texts = { starting: "starting", running: isJournal() ? "from the journal" : "live", silent: "engine silent", ended: "session ended" };
    const kinds = { running: "good", silent: "bad", ended: "warn" };
    say($("link"), view.isUp ? (texts[link.state] ?? link.state) : "stale: reconnecting", view.isUp ? kinds[link.state] : "bad");
    const banner = $("banner");
    if (!view.isUp) {
      say(banner, `No connection to the session since ${view.heardMs ? new Date(view.heardMs).toLocaleTimeString() : "the page opened"}; what is shown is old. Trying again.`, "bad");
    } else if (link.state === "silent") {
      say(banner, `The engine's loop has not answered for ${Math.round(link.silent_s)} s: a strategy may hold it. What is shown is old.`, "bad");
    } else if (link.state === "ended") {
      say(banner, "The session has ended.");
    } else {
      const why = view.parts.status?.trading_cause;
      say(banner, why ? `Trading is ${view.parts.status.trading_state}: ${why}.` : "");
    }
    banner.hidden = !banner.textContent;
    draw.buttons();
  },
  buttons() {
    const canPress = view.mayPress && view.parts.session?.mode === "engine";
    for (const each of document.querySelectorAll("button.operator")) each.hidden = !canPress;
    const isOn = view.parts.status?.trading_state === "ACTIVE";
    say($("trading"), isOn ? "Disable trading" : "Enable trading");
    for (const id of ["trading", "cancel-all"]) $(id).disabled = !view.isUp || view.parts.link?.state === "ended";
    $("kill").disabled = view.parts.link?.state === "ended";
    $("cancel-all").hidden = !canPress || !(view.parts.orders ?? []).length;
  },
  session(session) {
    const about = [session.broker, session.environment, session.dry_run === "true" ? "dry run" : "", (session.symbols ?? []).join(" ")];
    say($("session"), about.filter(Boolean).join(" · "));
    document.title = `${session.broker} ${session.environment} · RegimeFlow`;
    draw.buttons();
  },
  status(status) {
    say($("state"), status.trading_state, STATES[status.trading_state]);
    say($("equity"), money(status.equity));
    say($("daily"), signed(status.daily_pnl), tone(status.daily_pnl));
    say($("open"), count(status.open_orders));
    draw.link();
  },
  regime(regime) {
    const sure = regime.confidence < 1 ? ` ${Math.round(regime.confidence * 100)} %` : "";
    say($("regime"), `regime: ${regime.name}${sure}`);
  },
  totals(totals) {
    say($("realized"), signed(totals.realized_pnl), tone(totals.realized_pnl));
    say($("unrealized"), signed(totals.unrealized_pnl), tone(totals.unrealized_pnl));
    say($("commission"), money(totals.commission));
    say($("net"), signed(totals.net_pnl), tone(totals.net_pnl));
    say($("fills"), count(totals.fills));
  },
  curve() {
    drawCurve($("curve"), view.points);
    const points = view.points;
    if (!points.length) return;
    say($("span"), `${clock(points[0][0])} to ${clock(points[points.length - 1][0])} UTC`);
    const names = [...new Set(points.map((point) => point[3]))].slice(-8);
    if ($("band").dataset.names === names.join()) return;
    $("band").dataset.names = names.join();
    $("band").replaceChildren(...names.map((name) => {
      const item = document.createElement("span");
      const patch = document.createElement("i");
      patch.style.background = colourOf(name);
      item.append(patch, name);
      return item;
    }));
  },
  orders(orders) {
    none("orders", orders);
    fill($("orders"), orders, (order) => order.order_id, (order) => [
      order.symbol,
      { text: order.side, kind: order.side === "BUY" ? "good" : "bad" },
      order.type,
      { text: exact(order.quantity), number: true },
      { text: exact(order.cum_qty), number: true },
      { text: exact(order.limit_price ?? order.stop_price), number: true },
      { text: order.in_doubt ? `${order.status} (in doubt)` : order.status, kind: order.in_doubt ? "bad" : "" },
      order.strategy || "-",
      order.client_order_id || order.broker_order_id,
      {
        text: "Cancel",
        label: `Cancel ${order.side} ${exact(order.quantity)} ${order.symbol}, ${order.client_order_id}`,
        button: () => press("cancel", { order_id: order.order_id }),
        hidden: !view.mayPress,
        disabled: order.status === "PENDING_CANCEL",
      },
    ]);
    draw.buttons();
  },
  positions(positions) {
    none("positions", positions);
    fill($("positions"), positions, (each) => each.symbol, (each) => [
      each.symbol,
      { text: exact(each.quantity), number: true },
      { text: exact(each.avg_px), number: true },
      { text: exact(each.market_px), number: true },
      { text: signed(each.unrealized_pnl), number: true, kind: tone(each.unrealized_pnl) },
      { text: signed(each.realized_pnl), number: true, kind: tone(each.realized_pnl) },
    ]);
  },
  quotes(quotes) {
    const nowNs = view.parts.ts_ns ?? 0;
    fill($("quotes"), quotes, (each) => each.symbol, (each) => [
      each.symbol,
      { text: exact(each.bid_px), number: true },
      { text: exact(each.bid_qty), number: true },
      { text: exact(each.ask_px), number: true },
      { text: exact(each.ask_qty), number: true },
      { text: exact(each.last_px), number: true },
      { text: each.ts_event_ns ? `${Math.max(0, (nowNs - each.ts_event_ns) / 1e9).toFixed(1)} s` : "-", number: true },
    ]);
  },
  trades(trades) {
    none("trades", trades);
    fill($("trades"), [...trades].reverse(), (each) => `${each.order_id} ${each.exec_id}`, (each) => [
      clock(each.ts_event_ns),
      each.symbol,
      { text: each.side, kind: each.side === "BUY" ? "good" : "bad" },
      { text: exact(each.quantity), number: true },
      { text: exact(each.price), number: true },
      { text: `${exact(each.commission)} ${each.commission_currency}`, number: true },
      each.strategy || "-",
    ]);
  },
  strategies(strategies) {
    none("strategies", strategies);
    fill($("strategies"), strategies, (each) => each.name, (each) => [
      each.name,
      { text: count(each.open_orders), number: true },
      { text: count(each.fills), number: true },
      { text: byCurrency(each.realized_pnl), number: true },
      { text: byCurrency(each.unrealized_pnl), number: true },
    ]);
  },
  latency(latency) {
    if (!latency) return;
    drawLatency($("latency"), latency);
    say($("latency-text"), latency.count ? `median ${span(latency.p50_ns)}, p99 ${span(latency.p99_ns)}, worst ${span(latency.max_ns)}` : "no messages yet");
  },
  health(health) {
    const depth = Object.entries(health.ring_depth ?? {}).map(([lane, waiting]) => `${lane} ${waiting}`).join(", ");
    const rows = isJournal() ? { Messages: count(health.messages), "Last message": `${clock(health.ts_ns)} UTC` } : {
      Uptime: span(health.uptime_s * 1e9),
      Processor: `${health.cpu_pct.toFixed(0)} %`,
      Memory: bytes(health.memory_bytes),
      "Loop lag": `median ${span(health.loop_lag.p50_ns)}, p99 ${span(health.loop_lag.p99_ns)}`,
      Waiting: depth || "-",
      Messages: count(health.messages),
      "Conflated / lost": `${count(health.conflated)} / ${count(health.drops)}`,
      "Callback errors": count(health.callback_errors),
      Reconnects: count(health.reconnects),
    };
    if (health.halted) rows.Bus = "HALTED";
    if (health.queue) rows.Queue = `${health.queue.type}: ${health.queue.connected ? "connected" : "not connected"}, ${health.queue.lag_s.toFixed(1)} s behind`;
    const list = $("health");
    Object.entries(rows).forEach(([name, text], at) => {
      let row = list.children[at];
      if (!row) {
        row = list.appendChild(document.createElement("div"));
        row.append(document.createElement("dt"), document.createElement("dd"));
      }
      say(row.children[0], name);
      say(row.children[1], text);
    });
    while (list.children.length > Object.keys(rows).length) list.lastElementChild.remove();
  },
  events() {
    const bad = { error: "bad", strategy_error: "bad", trading_state: "warn", warning: "warn", disconnected: "bad", heartbeat: "warn" };
    $("events").replaceChildren(...[...view.events].reverse().map(([ns, kind, text]) => {
      const line = document.createElement("li");
      const [time, name] = [document.createElement("time"), document.createElement("b")];
      time.textContent = clock(ns);
      name.textContent = kind.replace("_", " ");
      name.className = bad[kind] ?? "";
      line.append(time, name, text);
      return line;
    }));
  },
};

// ---- buttons

async function press(name, body) {
  try {
    const answer = await fetch(`/api/${name}`, {
      method: "POST",
      headers: { ...headers(), "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    tell(said.done ?? `Refused: ${said.error}`);
  } catch (error) {
    tell(`Not done: the session cannot be reached (${error.message}).`);
  }
}

let toast = 0;
function tell(text) {
  say($("done"), text);
  $("done").hidden = false;
  clearTimeout(toast);
  toast = setTimeout(() => { $("done").hidden = true; }, 8000);
}

function ask(title, text, yes, { flatten = false } = {}) {
  say($("ask-title"), title);
  say($("ask-text"), text);
  say($("ask-yes"), yes);
  $("ask-flatten").hidden = !flatten;
  $("flatten").checked = view.parts.session?.on_kill === "flatten";
  $("ask").returnValue = "no";
  $("ask").showModal();
  return new Promise((done) => $("ask").addEventListener("close", () => done($("ask").returnValue === "yes"), { once: true }));
}

$("kill").addEventListener("click", async () => {
  const text = "Trading stops at once, and every open order is cancelled. It stays off until a person turns it on.";
  if (await ask("Stop everything?", text, "Stop everything", { flatten: true })) {
    await press("kill", { confirm: "KILL", flatten: $("flatten").checked });
  }
});
$("trading").addEventListener("click", async () => {
  const isOn = view.parts.status?.trading_state === "ACTIVE";
  if (isOn) return press("trading", { enabled: false });
  if (await ask("Enable trading?", "Strategies may send orders again.", "Enable trading")) await press("trading", { enabled: true });
});
$("cancel-all").addEventListener("click", async () => {
  const many = view.parts.status?.open_orders ?? 0;
  if (await ask("Cancel every open order?", `${many} open. Trading stays as it is: strategies may send new ones.`, "Cancel all")) await press("cancel-all", {});
});

// ---- light and dark

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  for (const each of ["curve", "latency"]) mark(each);
}

$("theme").addEventListener("click", () => {
  const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", name);
  setTheme(name);
});
const isDark = matchMedia("(prefers-color-scheme: dark)");
setTheme(localStorage.getItem("theme") ?? (isDark.matches ? "dark" : "light"));
isDark.addEventListener("change", () => localStorage.getItem("theme") || setTheme(isDark.matches ? "dark" : "light"));
addEventListener("resize", () => ["curve", "latency"].forEach(mark));
setInterval(() => mark("link"), 1000);

window.regimeflow = view; // for tests and the curious; there is no token in it
takeToken();
if (token) run();
else demandToken("");

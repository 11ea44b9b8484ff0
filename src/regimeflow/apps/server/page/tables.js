// Tables and lists whose rows are kept: what did not change is not touched, focus included.

export function say(node, text, kind = "") {
  if (node.textContent !== text) node.textContent = text;
  const css = node.dataset.css ?? (node.dataset.css = node.className);
  const whole = kind ? `${css} ${kind}`.trim() : css;
  if (node.className !== whole) node.className = whole;
}

// Each cell is text, or {text, kind, number, button}; rows are found again by their key.
export function fill(table, rows, keyOf, cellsOf) {
  const body = table.tBodies[0];
  const known = table.rowsByKey ?? (table.rowsByKey = new Map());
  const wanted = new Set();
  let place = 0;
  for (const row of rows) {
    const key = keyOf(row);
    if (wanted.has(key)) continue;
    wanted.add(key);
    let line = known.get(key);
    if (!line) {
      line = document.createElement("tr");
      known.set(key, line);
    }
    if (body.children[place] !== line) body.insertBefore(line, body.children[place] ?? null);
    place += 1;
    cellsOf(row).forEach((cell, at) => put(line, at, cell));
  }
  for (const [key, line] of known) {
    if (wanted.has(key)) continue;
    line.remove();
    known.delete(key);
  }
}

function put(line, at, cell) {
  const spec = typeof cell === "object" && cell !== null ? cell : { text: cell };
  const node = line.children[at] ?? line.appendChild(document.createElement("td"));
  if (spec.number && !node.classList.contains("n")) node.classList.add("n");
  if (!spec.button) {
    say(node, spec.text ?? "-", spec.kind);
    return;
  }
  let button = node.firstElementChild;
  if (!button) {
    button = node.appendChild(document.createElement("button"));
    button.type = "button";
    button.addEventListener("click", () => button.press());
  }
  button.press = spec.button;
  if (button.textContent !== spec.text) button.textContent = spec.text;
  if (button.getAttribute("aria-label") !== spec.label) button.setAttribute("aria-label", spec.label);
  button.hidden = Boolean(spec.hidden);
  button.disabled = Boolean(spec.disabled);
}

const MONEY = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const WHOLE = new Intl.NumberFormat("en");

export const count = (value) => (value === null || value === undefined ? "-" : WHOLE.format(value));

export function money(text) {
  return text === null || text === undefined ? "unknown" : MONEY.format(Number(text));
}

export function signed(text) {
  if (text === null || text === undefined) return "unknown";
  return `${Number(text) > 0 ? "+" : ""}${MONEY.format(Number(text))}`;
}

export function tone(text) {
  const value = Number(text ?? 0);
  return value > 0 ? "good" : value < 0 ? "bad" : "";
}

// Digit for digit: only zeros that say nothing are left out.
export function exact(text) {
  if (text === null || text === undefined) return "-";
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

export function clock(ns) {
  return ns ? new Date(ns / 1e6).toISOString().slice(11, 19) : "-";
}

export function span(ns) {
  if (ns >= 1e9) return `${(ns / 1e9).toFixed(1)} s`;
  if (ns >= 1e6) return `${(ns / 1e6).toFixed(1)} ms`;
  if (ns >= 1e3) return `${(ns / 1e3).toFixed(1)} µs`;
  return `${ns} ns`;
}

export function bytes(value) {
  return value >= 1 << 30 ? `${(value / 2 ** 30).toFixed(2)} GiB` : `${(value / 2 ** 20).toFixed(1)} MiB`;
}

export function byCurrency(amounts) {
  const parts = Object.entries(amounts ?? {}).map(([name, text]) => `${signed(text)} ${name}`);
  return parts.length ? parts.join(", ") : "-";
}

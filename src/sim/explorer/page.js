"use strict";
// The page: asks the engine behind it, draws what it answers. A change asks for few trials first, then for more.

const $ = (id) => document.getElementById(id);
const tab = String(Math.random()).slice(2);
const RETRY = 1500;
let known = null, turn = 0, guess = null, last = null, seen = null, everything = [];

async function ask(name, question) {
  const answer = await fetch(name, question === undefined ? {} : { method: "POST", body: JSON.stringify(question) });
  const said = await answer.json();
  if (!answer.ok) throw new Refused(said.problem);
  return said;
}
class Refused extends Error {}

function complain(text) { $("problem").textContent = text; $("problem").hidden = !text; }

function make(tag, text, more = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(more)) made.setAttribute(name, value);
  return made;
}

function drawn(tag, more, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(more)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

const places = (each) => Math.max(...[each.step, each.low].map((x) => (String(x).split(".")[1] || "").length));
const signed = (text) => text.replace("-", "−");
const shown = (x, unit) => signed(unit === "share" ? (100 * x).toFixed(1) + " %" : Number(x.toPrecision(3)).toLocaleString("en"));
const gap = (x, unit) => unit === "share" ? signed((100 * x).toFixed(1)) + " points" : shown(x, unit);

function asked() {
  const values = {};
  for (const each of known.sliders) {
    const at = Number($("s-" + each.name).value);
    if (at !== each.usual) values[each.name] = at;
  }
  return { scenario: $("scenario").value, values };
}

async function refresh() {
  const mine = ++turn, question = { ...asked(), measure: $("measure").value, tab, turn: mine };
  for (const each of known.sliders) {
    const at = Number($("s-" + each.name).value), box = $("box-" + each.name);
    $("o-" + each.name).textContent = signed(at.toFixed(places(each))) + " " + each.unit;
    box.classList.toggle("moved", at !== each.usual);
  }
  guess = null;
  $("guess").hidden = !$("guessing").checked;
  cover($("guessing").checked);
  for (const trials of known.rounds) {
    try {
      const found = await ask("fan", { ...question, trials });
      if (mine !== turn) return;
      if (found === null) continue;
      complain("");
      last = found;
      $("remarks").textContent = found.remarks.join(" ");
      $("remarks").hidden = !found.remarks.length;
      show();
    } catch (error) {
      if (mine !== turn) return;
      if (error instanceof Refused) { complain(error.message); return; }
      complain("The engine does not answer. Start sim app again with the same --port and --token; this page goes on by itself.");
      setTimeout(() => { if (mine === turn) refresh(); }, RETRY);
      return;
    }
  }
}

function cover(isCovered) { $("shown").hidden = isCovered; $("hidden-until").hidden = !isCovered; if (isCovered) $("sentence").textContent = "Your guess first."; }

function show() {
  $("guess-unit").textContent = last.unit === "share" ? "points" : last.unit;
  $("digest").textContent = "Digest of what is shown: " + last.digest + ".";
  if ($("guessing").checked && guess === null && !last.is_base) return;
  cover(false);
  const off = guess === null ? "" : ` You said ${guess}, it is ${gap(last.mean_difference, last.unit)}.`;
  $("sentence").textContent = (last.is_base ? "This is the base itself. Move a lever, or choose another future." : last.sentence) + off;
  $("level-title").textContent = last.text;
  $("difference-title").textContent = `Difference to the base, trial by trial (${last.unit === "share" ? "points" : last.unit})`;
  $("trials").textContent = last.trials.toLocaleString("en") + " trials" + (last.is_last ? "." : "; more are on their way.");
  chart($("level"), [["base", last.base], ["mine", last.mine]], last.text + ". " + $("sentence").textContent, false);
  chart($("difference"), [["mine", last.difference]], "Difference to the base. " + $("sentence").textContent, true);
  table();
}

function chart(place, fans, label, isDifference) {
  const width = place.clientWidth || 760, height = 250,  // of as many units as pixels: letters keep their size
     left = 58, right = 24, top = 8, bottom = 24;
  const all = fans.flatMap(([, bands]) => [...bands[0], ...bands[4]]);
  let low = Math.min(...all, isDifference ? 0 : all[0]), high = Math.max(...all, isDifference ? 0 : all[0]);
  if (!isDifference && low > 0 && last.unit === "share") low = 0;
  if (low === high) {  // nothing differs: the line stands in the middle
    const wide = Math.abs(high) / 10 || (last.unit === "share" ? 0.01 : 1);
    low -= wide; high += wide;
  }
  const steps = scale(low, high);
  low = Math.min(low, steps[0]); high = Math.max(high, steps[steps.length - 1]);
  const count = known.quarters.length, percents = Math.max(0, -Math.floor(Math.log10(100 * (steps[1] - steps[0])) + 1e-9));
  const x = (i) => left + (width - left - right) * i / (count - 1);
  const y = (v) => top + (height - top - bottom) * (high - v) / (high - low || 1);
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  for (const v of steps) {
    svg.append(drawn("line", { x1: left, x2: width - right, y1: y(v), y2: y(v), class: isDifference && v === 0 ? "zero" : "grid" }));
    svg.append(drawn("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, signed(last.unit === "share" ? (100 * v).toFixed(percents) + (isDifference ? "" : " %") : v.toLocaleString("en"))));
  }
  known.quarters.forEach((quarter, i) => {
    if (quarter.endsWith("Q4") && Number(quarter.slice(0, 4)) % 4 === 0)
      svg.append(drawn("text", { x: x(i), y: height - 6, "text-anchor": "middle" }, quarter.slice(0, 4)));
  });
  for (const [name, bands] of fans) {
    for (const [a, b, kind] of [[0, 4, "outer"], [1, 3, "inner"]]) {
      const there = bands[a].map((v, i) => `${x(i).toFixed(1)},${y(v).toFixed(1)}`);
      const back = bands[b].map((v, i) => `${x(i).toFixed(1)},${y(v).toFixed(1)}`).reverse();
      svg.append(drawn("polygon", { points: [...there, ...back].join(" "), class: `fill-${name} ${kind}` }));
    }
    svg.append(drawn("polyline", { points: bands[2].map((v, i) => `${x(i).toFixed(1)},${y(v).toFixed(1)}`).join(" "), class: `line line-${name}` }));
  }
  if (isDifference && guess !== null) {
    const at = last.unit === "share" ? guess / 100 : guess;
    svg.append(drawn("line", { x1: width - right - 40, x2: width - right, y1: y(at), y2: y(at), class: "guess" }));
  }
  place.replaceChildren(svg);
}

function scale(low, high) {
  const rough = (high - low || 1) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const found = [];
  for (let k = Math.floor(low / step); k <= Math.ceil(high / step); k++) found.push(Number((k * step).toPrecision(12)));
  return found;
}

function rows(target, caption, heads, lines) {
  const head = make("tr"), body = make("tbody"), top = make("thead");
  heads.forEach((each) => head.append(make("th", each, { scope: "col" })));
  top.append(head);
  for (const line of lines) {
    const row = make("tr");
    line.forEach((cell, k) => row.append(k === 0 ? make("th", cell, { scope: "row" }) : make("td", cell, /^[−+\d.,\s%]+( points)?$/.test(cell) ? { class: "number" } : {})));
    body.append(row);
  }
  target.replaceChildren(make("caption", caption), top, body);
}

function table() {
  const lines = [];
  known.quarters.forEach((quarter, i) => {
    if (!quarter.endsWith("Q4")) return;
    const of = (bands, k) => (bands === last.difference ? gap : shown)(bands[k][i], last.unit);
    lines.push([quarter.slice(0, 4), of(last.base, 2), of(last.mine, 2), `${of(last.mine, 0)} to ${of(last.mine, 4)}`, of(last.difference, 2), `${of(last.difference, 0)} to ${of(last.difference, 4)}`]);
  });
  rows($("table"), `${last.text} (${last.unit}), ${last.trials} trials`, ["Year", "Base, median", "Median", "90 % of trials", "Difference, median", "90 % of trials"], lines);
}

async function look() {
  await attempt(async () => {
    seen = await ask("world", { ...asked(), trial: Number($("trial").value) });
    $("when").max = known.quarters.length - 1;
    $("world").hidden = false;
    quarter();
  });
}

function quarter() {
  const i = Number($("when").value), at = known.quarters[i], n = seen.actors.length;
  $("when-text").textContent = at;
  $("because").hidden = true;
  rows($("partners"), `Partners of ${seen.actors[0]}, ${at}`, ["Partner", "Relation", "Alignment", "Posture", "Rung", "Share of deliveries"], seen.partners.map((name, j) => [
    name, signed(seen.relation[i][0][j].toFixed(2)), seen.alignment[i][j].toFixed(2), signed(seen.posture[i][j].toFixed(0)), seen.agreement_rung[i][j].toFixed(0), shown(seen.supplier_share[i][j], "share")]));
  const book = seen.suppliers.map((name, j) => [name, seen.orders[i][j], seen.order_book[i][j]]).filter((each) => each[1] > 0 || each[2] > 0.05);
  rows($("orders"), `Orders, ${at} (TIV m)`, ["Supplier", "Ordered now", "On order"], book.map(([name, now, open]) => [name, now.toFixed(1), open.toFixed(1)]));
  const svg = drawn("svg", { viewBox: "0 0 340 300", role: "img", "aria-label": `Relations in ${at}: ` + seen.partners.map((name, j) => `${name} ${signed(seen.relation[i][0][j].toFixed(2))}`).join(", ") });
  const px = (k) => 170 + 105 * Math.sin(2 * Math.PI * k / n), py = (k) => 150 - 105 * Math.cos(2 * Math.PI * k / n);
  for (let a = 0; a < n; a++) for (let j = 0; j < seen.partners.length; j++) {
    const b = j + 1;
    if (a >= b) continue;
    const r = seen.relation[i][a][j];
    svg.append(drawn("line", { x1: px(a), y1: py(a), x2: px(b), y2: py(b), stroke: r < 0 ? "var(--bad)" : "var(--good)", "stroke-width": 1 + 7 * Math.abs(r), "stroke-dasharray": r < 0 ? "5 4" : "none", opacity: 0.75 }));
  }
  seen.actors.forEach((name, k) => {
    svg.append(drawn("circle", { cx: px(k), cy: py(k), r: 8, class: "fill-mine" }));
    svg.append(drawn("text", { x: px(k), y: py(k) + (py(k) > 150 ? 26 : -14), "text-anchor": "middle" }, name));
  });
  $("network").replaceChildren(svg);
}

async function attempt(action) {
  try { await action(); complain(""); } catch (error) {
    complain(error instanceof Refused ? error.message : "The engine does not answer. Start sim app again with the same --port and --token.");
  }
}

function assumptions() {
  const wanted = $("filter").value.toLowerCase();
  const lines = everything.filter((each) => Object.values(each).join(" ").toLowerCase().includes(wanted));
  rows($("assumptions"), `${lines.length} uncertain numbers, judgement first`, ["Parameter", "Value and uncertainty", "Unit", "What it is", "Rests on", "Why this number", "Evidence"], lines.map((each) => [each.key, each.value, each.unit, each.what, each.grade, each.why, each.evidence]));
}

async function begin() {
  try { known = await ask("start.json"); } catch { setTimeout(begin, RETRY); return; }
  $("case").textContent = known.title;
  $("seed").textContent = known.seed;
  document.title = known.title + " - explorer";
  $("scenario").replaceChildren(...known.scenarios.map((each) => make("option", each.title, { value: each.name })));
  $("measure").replaceChildren(...known.measures.map((each) => make("option", each.text, { value: each.key })));
  for (const each of known.sliders) {
    const box = make("div", undefined, { class: "slider", id: "box-" + each.name });
    const label = make("label", each.title, { for: "s-" + each.name });
    label.append(make("output", "", { id: "o-" + each.name, for: "s-" + each.name }));
    const input = make("input", undefined, { type: "range", id: "s-" + each.name, min: each.low, max: each.high, step: each.step, value: each.usual, "aria-describedby": "d-" + each.name });
    input.addEventListener("input", refresh);
    box.append(label, input, make("p", `${each.source} Usual: ${signed(String(each.usual))}.`, { id: "d-" + each.name }));
    $("sliders").append(box);
  }
  for (const id of ["scenario", "measure", "guessing"]) $(id).addEventListener("change", refresh);
  $("reset").addEventListener("click", () => { for (const each of known.sliders) $("s-" + each.name).value = each.usual; refresh(); });
  $("guess").addEventListener("submit", (event) => { event.preventDefault(); guess = Number($("guessed").value); if (last) show(); });
  $("save").addEventListener("click", () => attempt(async () => {
    const { text } = await ask("text", asked());
    const link = make("a", undefined, { href: URL.createObjectURL(new Blob([text], { type: "application/toml" })), download: "mine.toml" });
    link.click();
    URL.revokeObjectURL(link.href);
  }));
  $("look").addEventListener("click", look);
  $("when").addEventListener("input", quarter);
  $("why").addEventListener("click", () => attempt(async () => {
    const { text } = await ask("why", { ...asked(), trial: seen.trial, at: known.quarters[Number($("when").value)] });
    $("because").textContent = text;
    $("because").hidden = false;
  }));
  $("assume").addEventListener("click", () => attempt(async () => { everything = await ask("assumptions", asked()); $("filter-line").hidden = false; assumptions(); }));
  $("filter").addEventListener("input", assumptions);
  window.addEventListener("resize", () => { if (last && !$("shown").hidden) show(); });
  refresh();
}
begin();

/* global uPlot */
// The last hour as charts, each with a table of its latest, lowest and highest values beneath.

import { element } from "./icons.js";
import { hourAndMinute, short, timeOfDay, words } from "./words.js";

const HEIGHT = 132;
const LEAST_SECONDS = 600;
const AXIS_FONT = "11px system-ui, sans-serif";

/** The steps of an axis that counts what cannot be halved. */
const WHOLE_STEPS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6].flatMap((power) => [power, 2 * power, 5 * power]);

const perSecond = (name) => (sample, slot) => sample[name] / slot;
const plain = (name) => (sample) => sample[name];

const CHARTS = [
  {
    id: "requests",
    series: [
      { id: "requests", of: perSecond("requests") },
      { id: "failed", of: perSecond("failed_requests"), tone: "bad", dash: [4, 3] },
      { id: "slow", of: perSecond("slow_requests"), tone: "warn", dash: [1, 3] },
    ],
  },
  {
    id: "inbox",
    whole: true,
    series: [
      { id: "live", of: plain("inbox_live") },
      { id: "backfill", of: plain("inbox_backfill"), tone: "second", dash: [4, 3] },
    ],
  },
  // nothing that waits is no wait, and not an unknown one
  { id: "oldest", series: [{ id: "oldest", of: (sample) => sample.inbox_oldest_seconds ?? 0 }] },
  { id: "rows", series: [{ id: "rows", of: perSecond("rows_taken_in") }] },
  { id: "lag", series: [{ id: "lag", of: plain("ingestion_lag_seconds") }] },
  {
    id: "marks",
    whole: true,
    series: [
      { id: "marks", of: plain("marks") },
      { id: "checks", of: plain("checks"), tone: "second", dash: [4, 3] },
    ],
  },
  { id: "workers", whole: true, stepped: true, series: [{ id: "workers", of: plain("workers") }] },
  { id: "connections", whole: true, series: [{ id: "connections", of: plain("connections") }] },
];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const drawn = new Map();

/** Times and the values of each series; a slot that nobody sampled is a gap. */
function columns(chart, samples, slot) {
  const times = [];
  const values = chart.series.map(() => []);
  for (const sample of samples) {
    const time = Date.parse(sample.at) / 1000;
    if (times.length && time - times.at(-1) > slot * 1.5) {
      times.push(times.at(-1) + slot);
      values.forEach((column) => column.push(null));
    }
    times.push(time);
    chart.series.forEach(({ of }, place) => values[place].push(of(sample, slot)));
  }
  return [times, ...values];
}

function axis(side, values, incrs) {
  return {
    side,
    incrs,
    values,
    font: AXIS_FONT,
    stroke: () => colour("muted"),
    grid: { stroke: () => colour("line"), width: 1 },
    ticks: { show: false },
    size: side === 2 ? 24 : 46,
    gap: 4,
    space: side === 2 ? 44 : 34,
  };
}

/** Where a value has none on either side, and so no line: it is shown as a point. */
function lonely({ data }, series) {
  const column = data[series];
  const has = (place) => column[place] !== null && column[place] !== undefined;
  return column.flatMap((_, place) => (has(place) && !has(place - 1) && !has(place + 1) ? [place] : []));
}

function plot(chart, data, { place, readout }) {
  const options = {
    width: 300,
    height: HEIGHT,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: "hour" }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { range: (_, from, to) => [Math.min(from, to - LEAST_SECONDS), to] },
      y: { range: (_, low, high) => [0, high > 0 ? high * 1.15 : 1] },
    },
    axes: [
      axis(2, (_, ticks) => ticks.map((tick) => hourAndMinute(tick * 1000))),
      axis(3, (_, ticks) => ticks.map(short), chart.whole ? WHOLE_STEPS : undefined),
    ],
    series: [
      {},
      ...chart.series.map(({ tone, dash }, index) => ({
        stroke: () => colour(tone ?? "accent"),
        fill: index === 0 ? () => colour("accent-fill") : undefined,
        width: 1.6,
        dash,
        points: { show: true, size: 4, filter: lonely },
        paths: chart.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
      })),
    ],
    hooks: { setCursor: [(u) => (readout.textContent = reading(u))] },
  };
  return new uPlot(options, data, place);
}

/** What the charts show where the pointer is. */
function reading({ data: [times, ...series], cursor: { idx } }) {
  if (idx === null || idx === undefined || times[idx] === undefined) return "";
  return `${timeOfDay(times[idx] * 1000)}  ${series.map((column) => short(column[idx])).join(" · ")}`;
}

function figure(chart) {
  const title = element("figcaption", "", words.chartTitles[chart.id]);
  const readout = element("span", "readout");
  const place = element("div", "plot");
  place.setAttribute("aria-hidden", "true");
  readout.setAttribute("aria-hidden", "true");
  const heads = [words.series, words.now, words.min, words.max].map((name, column) => {
    const cell = element("th", column ? "number" : "", name);
    cell.scope = "col";
    return cell;
  });
  const body = element("tbody");
  const caption = element("caption", "unseen", words.chartTitles[chart.id]);
  const table = element("table", "summary", caption, element("thead", "", element("tr", "", ...heads)), body);
  const whole = element("figure", "card chart", element("div", "chart-head", title, readout), place, table);
  return { whole, place, readout, body };
}

function summary(series, column) {
  const known = column.filter((value) => value !== null && value !== undefined);
  const extremes = known.length ? [Math.min(...known), Math.max(...known)] : [null, null];
  const name = element("th", "", element("i", `key ${series.tone ?? "accent"}`), words.seriesNames[series.id]);
  name.scope = "row";
  const values = [column.at(-1), ...extremes].map((value) => element("td", "number", short(value)));
  return element("tr", "", name, ...values);
}

function make(chart, data) {
  const parts = figure(chart);
  document.getElementById("charts").append(parts.whole);
  const made = plot(chart, data, parts);
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width > 0) made.setSize({ width: Math.floor(contentRect.width), height: HEIGHT });
  }).observe(parts.place);
  return { made, body: parts.body };
}

/** Draw the answer of `/v1/ops/samples`. */
export function drawCharts({ slot_seconds: slot, samples }) {
  if (!samples.length && !drawn.size) return document.getElementById("charts").replaceChildren(words.noSamples);
  if (!drawn.size) document.getElementById("charts").replaceChildren();
  for (const chart of CHARTS) {
    const data = columns(chart, samples, slot);
    if (!drawn.has(chart)) drawn.set(chart, make(chart, data));
    const { made, body } = drawn.get(chart);
    made.setData(data);
    body.replaceChildren(...chart.series.map((series, index) => summary(series, data[index + 1])));
  }
}

/** Draw them again in the colours of now. */
export const recolour = () => drawn.forEach(({ made }) => made.redraw());

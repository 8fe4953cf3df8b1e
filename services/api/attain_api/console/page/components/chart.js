/* global uPlot */
// Lines over days, drawn by uPlot; a table of the same figures beneath, for whoever does not see them.

import { shortDay } from "../format.js";
import { locale, t } from "../language.js";
import { html, useEffect, useRef } from "../view.js";
import { More } from "./page.js";
import { Table } from "./table.js";

const FONT = "11px system-ui, sans-serif";
const DASHES = { plain: undefined, dashed: [6, 4], dotted: [2, 4] };

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
const seconds = (day) => Date.parse(`${day}T12:00:00+08:00`) / 1000;
const dayOf = (time) => new Date(time * 1000 + 8 * 3600_000).toISOString().slice(0, 10);

const axis = (side, values) => ({
  side,
  values,
  font: FONT,
  stroke: () => colour("muted"),
  grid: { stroke: () => colour("line"), width: 1 },
  ticks: { show: false },
  size: side === 2 ? 26 : 56,
  space: side === 2 ? 64 : 30,
  gap: 4,
});

const bars = () => uPlot.paths.bars({ size: [0.7, 24] });

const drawnAs = ({ tone = "accent", line = "plain", isFilled, isBars, isDots, hasGaps = false }) => ({
  stroke: () => colour(tone),
  fill: isFilled || isBars ? () => colour(`${tone}-fill`) : undefined,
  width: 2,
  dash: DASHES[line],
  paths: isDots ? () => null : isBars ? bars() : undefined,
  points: isDots ? { show: true, size: 9, width: 2, fill: () => colour("card") } : hasGaps ? {} : { show: false },
  spanGaps: !hasGaps,
});

/** Days that have a name, such as a shopping festival: a line from top to bottom, with the name at its head. */
function drawMarks({ ctx, bbox, valToPos }, marks) {
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour("muted");
  ctx.lineWidth = devicePixelRatio;
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textBaseline = "top";
  ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const { day, name } of marks) {
    const across = valToPos(seconds(day), "x", true);
    if (across < bbox.left || across > bbox.left + bbox.width) continue;
    const isLate = across > bbox.left + bbox.width * 0.8;
    ctx.beginPath();
    ctx.moveTo(across, bbox.top);
    ctx.lineTo(across, bbox.top + bbox.height);
    ctx.stroke();
    ctx.textAlign = isLate ? "right" : "left";
    ctx.fillText(name, across + (isLate ? -4 : 4) * devicePixelRatio, bbox.top);
  }
  ctx.restore();
}

function options({ series, bands, height, isFromZero, short }) {
  return {
    width: 320,
    height,
    padding: [12, 22, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: isFromZero ? { range: (_, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.1 : 1] } : {} },
    axes: [axis(2, (_, ticks) => ticks.map((tick) => shortDay(dayOf(tick)))), axis(3, (_, ticks) => ticks.map(short))],
    series: [
      {},
      ...series.map(drawnAs),
    ],
    bands: bands.map(([upper, lower]) => ({ series: [upper + 1, lower + 1], fill: () => colour("accent-fill") })),
  };
}

/**
 * `<${Chart} title=… days=${["2026-10-01", …]} series=${[{name, values: [1, null, …], tone, line, isFilled, isBars}]}
 * write=${money} />`: `values` are numbers to draw, `texts` (else the values by `write`) what the table says; `tone` is
 * `accent`, `second`, `ok`, `warn` or `muted`, `line` `plain`, `dashed` or `dotted`, `isDots` draws points alone, `hasGaps`
 * leaves days without a value out; `bands`, `[[upper, lower]]`, fills between two of the series, `marks`, `[{day, name}]`,
 * names days; `short` writes the axis.
 */
export function Chart({ title, days, series, write, height = 220, isFromZero = true, short = compact.format, bands = [], marks = [] }) {
  const place = useRef();
  const reading = useRef();
  const plot = useRef();
  const data = [days.map(seconds), ...series.map(({ values }) => values)];
  const text = (one, at) => one.texts?.[at] ?? (one.values[at] === null ? "–" : write(one.values[at]));
  const named = useRef();
  named.current = marks;
  const latest = useRef();
  latest.current = (at) =>
    at === null || at === undefined
      ? ""
      : [shortDay(days[at]), ...series.map((one) => `${one.name} ${text(one, at)}`)].join(" · ");

  useEffect(() => {
    const told = options({ series, bands, height, isFromZero, short });
    told.hooks = {
      setCursor: [({ cursor }) => (reading.current.textContent = latest.current(cursor.idx))],
      draw: [(drawing) => drawMarks(drawing, named.current)],
    };
    plot.current = new uPlot(told, data, place.current);
    const size = new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width > 0) plot.current.setSize({ width: Math.floor(contentRect.width), height });
    });
    size.observe(place.current);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => plot.current.redraw();
    scheme.addEventListener("change", redraw);
    return () => {
      scheme.removeEventListener("change", redraw);
      size.disconnect();
      plot.current.destroy();
    };
  }, [series.map(({ name }) => name).join()]);
  useEffect(() => plot.current.setData(data), [JSON.stringify([data, marks])]);

  const columns = [
    { title: t("shell.day"), head: true, cell: (at) => shortDay(days[at]) },
    ...series.map((one) => ({ title: one.name, number: true, cell: (at) => text(one, at) })),
  ];
  return html`
    <figure class="chart">
      <figcaption>
        <strong>${title}</strong>
        <span class="keys" aria-hidden="true">
          ${series.map(({ name, tone = "accent", line = "plain" }) => html`<span class=${`key ${tone} ${line}`}>${name}</span>`)}
        </span>
      </figcaption>
      <div class="plot" ref=${place} aria-hidden="true"></div>
      <p class="reading muted" ref=${reading} aria-hidden="true"></p>
      <${More} title=${t("shell.asTable")}>
        <${Table} caption=${title} columns=${columns} rows=${days.map((_, at) => at)} />
      <//>
    </figure>`;
}

// The pace of a figure that adds up: the sum of its days, what should be there by now, and where it is heading.

import { list } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Chart } from "../../components/chart.js";
import { Asked } from "../../components/states.js";
import { drawn } from "../../format.js";
import { t } from "../../language.js";
import { html } from "../../view.js";

const DAY_MS = 86_400_000;
const CLOSE = 0.005;

function daysOf({ starts_on: first, ends_on: last }) {
  const days = [];
  for (let time = Date.parse(first); time <= Date.parse(last); time += DAY_MS) days.push(new Date(time).toISOString().slice(0, 10));
  return days;
}

/** The sum up to each day, null from the last known day on; null where rows of days are not what the figure is made of. */
function summed(rows, days, actual) {
  const ofDay = new Map();
  for (const { period, grain, bucket, value } of rows) {
    if (period === "current" && grain === "day") ofDay.set(bucket, (ofDay.get(bucket) ?? 0) + drawn(value));
  }
  const last = [...ofDay.keys()].sort().at(-1);
  let sum = 0;
  const sums = days.map((day) => (day <= last ? (sum += ofDay.get(day) ?? 0) : null));
  return last && Math.abs(sum - actual) <= CLOSE * Math.abs(actual) ? { sums, last: days.indexOf(last) } : null;
}

/** A line through the points known, `[[place, value], …]`. */
const through = (days, ...points) => {
  const line = days.map(() => null);
  for (const [place, value] of points) line[place] = value;
  return line;
};

function lines({ rows, goal, explained, indicator }) {
  const days = daysOf(goal);
  const { pace } = explained;
  const actual = drawn(explained.periods.find(({ period }) => period === "current")?.value ?? null) ?? 0;
  const known = summed(rows, days, actual);
  const yesterday = new Date(Date.now() + 8 * 3600_000 - DAY_MS).toISOString().slice(0, 10);
  const now = known?.last ?? Math.max(0, days.indexOf(yesterday));
  const end = days.length - 1;
  const target = indicator.kind === "metric" && drawn(explained.target);
  const expected = [[0, 0], [now, drawn(pace.expected)], ...(target ? [[end, target]] : [])];
  return {
    days,
    series: [
      { name: t("domain.actual"), values: known?.sums ?? through(days, [0, 0], [now, actual]), isFilled: true },
      { name: t("goals.expected"), values: through(days, ...expected), tone: "muted", line: "dashed" },
      { name: t("goals.forecast"), values: through(days, [now, actual], [end, drawn(pace.forecast)]), tone: "second", line: "dotted" },
    ],
  };
}

export function Pace({ title, goal, explained, indicator, write }) {
  const asked = useAsked(
    () => list(`/v1/goals/${goal.id}/explain/rows`, { indicator_id: indicator.id }),
    [indicator.id, explained.rows_total, explained.actual],
  );
  return html`
    <${Asked} of=${asked}>
      ${(rows) => {
        const { days, series } = lines({ rows, goal, explained, indicator });
        const method = t(`goals.method.${explained.pace.method}`);
        return html`
          <${Chart} title=${t("goals.paceOf", { title })} days=${days} series=${series} write=${(value) => write(value.toFixed(0))} />
          <p class="muted">${t("goals.pacedBy", { method })}</p>`;
      }}
    <//>`;
}

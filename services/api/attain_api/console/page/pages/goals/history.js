// How a goal got where it is: its attainments day by day, as they were known then.

import { Chart } from "../../components/chart.js";
import { Section } from "../../components/page.js";
import { drawn, percent } from "../../format.js";
import { t } from "../../language.js";
import { useNames } from "../../names.js";
import { html } from "../../view.js";
import { said } from "./indicator.js";

const TONES = ["accent", "second", "ok", "warn", "muted"];
const LINES = ["plain", "dashed", "dotted"];
const LEAST_DAYS = 2;

export function History({ history, goal }) {
  const names = useNames();
  const items = history.items.filter(({ attainments }) => attainments !== null);
  if (items.length < LEAST_DAYS) return null;
  const series = goal.indicators.map((indicator, place) => ({
    name: said(indicator, names).title,
    values: items.map(({ attainments }) => drawn(attainments[place])),
    texts: items.map(({ attainments }) => percent(attainments[place])),
    tone: TONES[place % TONES.length],
    line: LINES[place % LINES.length],
  }));
  const short = (value) => `${Math.round(value * 100)}%`;
  return html`
    <${Section} title=${t("goals.history")}>
      <${Chart} title=${t("goals.historyOf")} days=${items.map(({ day }) => day)} series=${series} short=${short} />
    <//>`;
}

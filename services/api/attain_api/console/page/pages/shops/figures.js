// A metric of a shop over time: its values or the intervals they lie in, and what the period comes to.

import { Chart } from "../../components/chart.js";
import { Tiles } from "../../components/figures.js";
import { Section } from "../../components/page.js";
import { Empty } from "../../components/states.js";
import { drawn, period, shortDay, span } from "../../format.js";
import { language, t } from "../../language.js";
import { html } from "../../view.js";
import { sumOf } from "./coverage.js";

const nameOf = (event) => (language === "en" && event.en) || event.name;
const daysOf = ({ starts_on: first, ends_on: last }) => (first === last ? shortDay(first) : `${shortDay(first)} – ${shortDay(last)}`);

const hasAny = ({ values }) => values.some((value) => value !== null);

/** A line of the chart: what `pick` takes from each value, and as a text. */
const line = (name, values, pick, write, look) => {
  const picked = values.map((value) => (value ? pick(value) : null));
  return { name, values: picked.map(drawn), texts: picked.map((text) => (text === null ? t("shops.noValue") : write(text))), ...look };
};

/** The lines that have something to show, and which two of them an interval lies between. */
function linesOf(values, before, write) {
  const provisional = ({ value, coverage }) => (coverage.provisional > 0 ? value : null);
  const earlier = values.map((_, place) => before?.values[place] ?? null);
  const all = [
    line(t("shops.value"), values, (one) => one.value, write, { isFilled: true, hasGaps: true }),
    line(t("shops.most"), values, (one) => one.high, write, { line: "dotted", hasGaps: true }),
    line(t("shops.least"), values, (one) => one.low, write, { line: "dotted", hasGaps: true }),
    line(t("shops.estimate"), values, (one) => one.estimate, write, { tone: "second", isDots: true }),
    line(t("shops.provisional"), values, provisional, write, { tone: "warn", isDots: true }),
    line(t("shops.before"), earlier, (one) => one.value ?? one.estimate, write, { tone: "second", line: "dashed", hasGaps: true }),
  ];
  const series = all.filter(hasAny);
  const [most, least] = [series.indexOf(all[1]), series.indexOf(all[2])];
  return { series, bands: most >= 0 && least >= 0 ? [[most, least]] : [] };
}

const tilesOf = ({ values, total, before }, write) => {
  const { present, expected } = sumOf(values);
  const note = (one) => (one.estimated ? t("shops.estimated") : "");
  return [
    total && { label: t("shops.total"), value: span(total, write), note: note(total) },
    before?.total && { label: t("shops.totalBefore"), value: span(before.total, write), note: note(before.total) },
    { label: t("domain.coverage"), value: t("shops.daysOf", { present, expected }) },
  ].filter(Boolean);
};

/** A value of the axis as a decimal: no more than four places. */
const shortened = (value) => String(Math.round(value * 10_000) / 10_000);

export function Figures({ found, question, title, write }) {
  const { values, before, events } = found;
  const { series, bands } = linesOf(values, before, write);
  const marks = events.map((event) => ({ day: event.starts_on, name: nameOf(event) }));
  return html`
    <${Tiles} of=${tilesOf(found, write)} />
    <${Section} title=${title} note=${period(question.from, question.to)}>
      ${series.length === 0
        ? html`<${Empty} title=${t("shops.noFigures")}>${t("shops.noFiguresHint")}<//>`
        : html`
            <${Chart} title=${t("shops.chartOf", { title })} days=${values.map(({ bucket }) => bucket)} series=${series} bands=${bands}
              marks=${marks} short=${(value) => write(shortened(value))} height=${260} />`}
      ${events.length > 0 && html`
        <p class="muted">${t("shops.events")}: ${events.map((event) => `${nameOf(event)} (${daysOf(event)})`).join(t("domain.listed"))}</p>`}
    <//>`;
}

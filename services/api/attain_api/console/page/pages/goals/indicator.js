// One indicator: its figure against the target, how it is getting on, and what it was read from.

import { Status } from "../../components/badge.js";
import { Facts, Meter } from "../../components/figures.js";
import { More, Section } from "../../components/page.js";
import { Notice } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { decimal, inUnit, percent, period, spanOf } from "../../format.js";
import { t } from "../../language.js";
import { useNames } from "../../names.js";
import { html } from "../../view.js";
import { Entries } from "./entries.js";
import { Pace } from "./pace.js";
import { toneOf } from "./tones.js";

/** What an indicator is called, and how its figures are written. */
export function said(indicator, names) {
  const metric = indicator.metric && names.metric(indicator.metric);
  if (indicator.kind === "manual") return { title: indicator.name, write: (text) => `${decimal(text)} ${indicator.unit}` };
  if (indicator.kind === "milestones") return { title: t("goals.milestones"), write: (text) => percent(text, 0) };
  if (indicator.kind === "growth") return { title: t("goals.growthOf", { metric: metric.label }), write: percent, unit: metric.unit };
  return { title: metric.label, write: (text) => inUnit(text, metric.unit), unit: metric.unit };
}

/** Its target, or the band that it is to stay in. */
export function targetOf({ target, band }, write) {
  if (band) return `${write(band.low)} – ${write(band.high)}`;
  return write(target);
}

const covered = ({ expected, present }) => t("goals.daysOf", { present, expected });

const Read = ({ explained, write, names }) => {
  const columns = [
    { title: t("domain.shop"), head: true, cell: (unit) => names.shop(unit.shop_id) },
    { title: t("domain.actual"), number: true, cell: (unit) => spanOf(unit, "value", write) },
    { title: t("domain.coverage"), number: true, cell: (unit) => covered(unit.coverage) },
  ];
  return html`
    ${explained.periods.map((one) => html`
      <${Table} key=${one.period} isCaptionShown keyOf=${(unit) => unit.shop_id + unit.dimension}
        caption=${`${t(`goals.period.${one.period}`)}: ${period(one.starts_on, one.ends_on)}`} columns=${columns} rows=${one.units} />`)}
    ${explained.hidden_shops > 0 && html`<p class="muted">${t("goals.hiddenShops", { count: explained.hidden_shops })}</p>`}
    ${explained.rows_total > 0 && html`<p class="muted">${t("goals.readFrom", { rows: explained.rows_total })}</p>`}`;
};

const How = ({ explained, unitWrite, names }) => html`
  <${More} title=${t("goals.howMade")}>
    <${Facts} of=${[
      [t("domain.actual"), explained.formula.actual],
      [t("domain.attainment"), explained.formula.attainment],
    ]} />
    ${explained.periods.length > 0 && html`<${Read} explained=${explained} write=${unitWrite} names=${names} />`}
  <//>`;

export function Indicator({ figures, indicator, goal, place, explained, isMine, changed }) {
  const names = useNames();
  const { title, write, unit } = said(indicator, names);
  const unitWrite = (text) => inUnit(text, unit);
  const { pace, coverage } = figures;
  return html`
    <${Section} title=${t("goals.indicatorNo", { number: place + 1, title })} actions=${html`<${Status} code=${figures.status} />`}>
      <div class="reach">
        <p><strong class="figure">${spanOf(figures, "attainment", percent)}</strong> ${t("goals.ofTarget", { target: targetOf(figures, write) })}</p>
        <${Meter} value=${figures.attainment} low=${figures.attainment_low} high=${figures.attainment_high} tone=${toneOf(figures.status)} />
      </div>
      <${Facts} of=${[
        [t("domain.actual"), spanOf(figures, "actual", write)],
        [t("domain.target"), targetOf(figures, write)],
        [t("goals.estimate"), figures.estimate && write(figures.estimate)],
        [t("goals.expected"), pace && unitWrite(pace.expected)],
        [t("goals.gap"), pace && unitWrite(pace.gap)],
        [t("goals.forecast"), pace && unitWrite(pace.forecast)],
        [t("goals.perDay"), pace?.required_per_day && unitWrite(pace.required_per_day)],
        [t("domain.coverage"), figures.metric && coverage.expected > 0 ? covered(coverage) : null],
      ]} />
      ${figures.estimated && html`<${Notice}>${t("goals.estimated")}<//>`}
      ${coverage.provisional > 0 ? html`<p class="muted">${t("goals.provisional", { days: coverage.provisional })}</p>` : null}
      ${pace && explained && html`<${Pace} title=${title} goal=${goal} explained=${explained} indicator=${indicator} write=${unitWrite} />`}
      ${explained && indicator.kind === "manual" && html`
        <${Entries} goal=${goal} indicator=${indicator} write=${write} mayEnter=${isMine && goal.state === "confirmed"} changed=${changed} />`}
      ${explained && html`<${How} explained=${explained} unitWrite=${unitWrite} names=${names} />`}
    <//>`;
}

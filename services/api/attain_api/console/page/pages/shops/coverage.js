// Whether the figures are there: bucket by bucket, and what is known of each.

import { Badge } from "../../components/badge.js";
import { Button } from "../../components/form.js";
import { Section } from "../../components/page.js";
import { Table } from "../../components/table.js";
import { day, span } from "../../format.js";
import { t } from "../../language.js";
import { html, useState } from "../../view.js";
import { History } from "./history.js";

const STATES = {
  whole: ["ok", "check"],
  provisional: ["accent", "clock"],
  part: ["warn", "warn"],
  none: ["bad", "dash"],
};

function stateOf({ coverage: { expected, present, provisional } }) {
  if (present === 0) return "none";
  if (present < expected) return "part";
  return provisional > 0 ? "provisional" : "whole";
}

/** Of all buckets together: `{expected, present, provisional}` days. */
export function sumOf(values) {
  const sum = (name) => values.reduce((whole, { coverage }) => whole + coverage[name], 0);
  return { expected: sum("expected"), present: sum("present"), provisional: sum("provisional") };
}

const State = ({ code, children }) => html`
  <${Badge} tone=${STATES[code][0]} icon=${STATES[code][1]}>${t(`shops.state.${code}`)} ${children}<//>`;

const Strip = ({ values }) => html`
  <div class="strip" aria-hidden="true">
    ${values.map((value) => html`<span key=${value.bucket} class=${`cell ${stateOf(value)}`} title=${`${day(value.bucket)}: ${t(`shops.state.${stateOf(value)}`)}`}></span>`)}
  </div>`;

const columns = (write, openHistory) => [
  { title: t("shops.bucket"), head: true, cell: ({ bucket }) => day(bucket) },
  { title: t("shops.value"), number: true, cell: (value) => span(value, write) },
  { title: t("domain.coverage"), number: true, cell: ({ coverage }) => t("shops.daysOf", coverage) },
  {
    title: t("domain.state"),
    cell: (value) => html`<${State} code=${stateOf(value)} /> ${value.estimated && html`<${Badge} icon="question">${t("shops.estimated")}<//>`}`,
  },
  {
    title: t("shops.history"),
    cell: (value) => html`
      <${Button} quiet aria-label=${t("shops.historyOf", { day: day(value.bucket) })} onClick=${() => openHistory(value)}>${t("shops.open")}<//>`,
  },
];

export function Coverage({ values, write }) {
  const [opened, open] = useState(null);
  const codes = values.map(stateOf);
  const { present, expected, provisional } = sumOf(values);
  const counts = Object.keys(STATES).map((code) => [code, codes.filter((one) => one === code).length]);
  const latestFirst = [...values].reverse();
  return html`
    <${Section} title=${t("shops.coverageTitle")} note=${t("shops.coverageNote", { present, expected, provisional })}>
      <div class="stack">
        <${Strip} values=${values} />
        <p class="badges">${counts.map(([code, count]) => count > 0 && html`<${State} key=${code} code=${code}>${count}<//>`)}</p>
        <${Table} caption=${t("shops.coverageTitle")} columns=${columns(write, open)} rows=${latestFirst} keyOf=${({ bucket }) => bucket} />
      </div>
      ${opened && html`<${History} value=${opened} write=${write} onClose=${() => open(null)} />`}
    <//>`;
}

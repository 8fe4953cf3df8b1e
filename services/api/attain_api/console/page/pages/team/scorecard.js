// The scorecard of everybody below: departments, and people.

import { StatusCount } from "../../components/badge.js";
import { Tiles } from "../../components/figures.js";
import { Section } from "../../components/page.js";
import { SortableTable } from "../../components/sortable.js";
import { Empty } from "../../components/states.js";
import { drawn, score, spanOf } from "../../format.js";
import { t } from "../../language.js";
import { to } from "../../router.js";
import { html } from "../../view.js";
import { countOf, counted, urgency } from "./standings.js";

const isPerson = ({ owner }) => owner.type === "person";

/** Where an owner's goals are shown. */
const place = ({ owner }, cycle) =>
  owner.type === "person" ? to("goals", { person: owner.id, cycle: cycle.id }) : to("company", owner.id, { cycle: cycle.id });

export const OwnerLink = ({ row, cycle }) => html`<a href=${place(row, cycle)}>${row.name}</a>`;

export const Counts = ({ standings }) => html`
  <span class="badges">${counted(standings).map(([code, count]) => html`<${StatusCount} key=${code} code=${code} count=${count} />`)}</span>`;

export function Summary({ below }) {
  const people = below.filter(isPerson);
  const goals = people.flatMap(({ standings }) => standings);
  const needing = (...codes) => ({ value: String(countOf(goals, ...codes)) });
  return html`
    <${Tiles} of=${[
      { label: t("team.withGoals"), value: String(people.length) },
      { label: t("team.failing"), tone: countOf(goals, "off_track", "missed") ? "bad" : "plain", ...needing("off_track", "missed") },
      { label: t("domain.status.at_risk"), tone: countOf(goals, "at_risk") ? "warn" : "plain", ...needing("at_risk") },
      { label: t("domain.status.no_data"), ...needing("no_data") },
    ]} />`;
}

const columns = (cycle, title) => [
  { title, head: true, by: ({ name }) => name, cell: (row) => html`<${OwnerLink} row=${row} cycle=${cycle} />` },
  {
    title: t("domain.performance"), number: true, starts: "descending",
    by: (row) => drawn(row.performance ?? row.performance_low),
    cell: (row) => html`<strong>${spanOf(row, "performance", score)}</strong>`,
  },
  {
    title: t("domain.forecast"), number: true, starts: "descending",
    by: (row) => drawn(row.performance_forecast), cell: (row) => score(row.performance_forecast),
  },
  { title: t("domain.goals"), number: true, starts: "descending", by: ({ goals }) => goals, cell: ({ goals }) => goals },
  { title: t("team.withoutData"), number: true, starts: "descending", by: (row) => row.without_data, cell: (row) => row.without_data },
  { title: t("team.standing"), starts: "descending", by: urgency, cell: ({ standings }) => html`<${Counts} standings=${standings} />` },
];

export function TeamScorecard({ below, cycle }) {
  const [departments, people] = [below.filter((row) => !isPerson(row)), below.filter(isPerson)];
  const table = (rows, title, caption) => html`
    <${SortableTable} caption=${caption} columns=${columns(cycle, title)} rows=${rows} keyOf=${({ owner }) => owner.id} />`;
  return html`
    ${departments.length > 0 && html`
      <${Section} title=${t("team.departments")}>${table(departments, t("domain.department"), t("team.departments"))}<//>`}
    <${Section} title=${t("team.scorecard")} note=${t("team.scorecardNote")}>
      ${people.length ? table(people, t("domain.person"), t("team.scorecard")) : html`<${Empty} title=${t("team.nobody")} />`}
    <//>`;
}

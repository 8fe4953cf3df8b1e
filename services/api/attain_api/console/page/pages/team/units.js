// Whose people are looked at: the company's, a department's with all below it, or those who report to the caller.

import { get, list } from "../../api.js";
import { t } from "../../language.js";

const COMPANY = "company";
const REPORTS = "reports";

const seesAll = ({ roles }) => roles.includes("hr") || roles.includes("executive");

/** Departments with all below them, indented. */
const nested = (nodes, depth = 0) =>
  nodes.flatMap((node) => [{ id: node.id, name: `${"\u2003".repeat(depth)}${node.name}` }, ...nested(node.children, depth + 1)]);

/** The topmost departments that the caller leads. */
const led = (nodes, me) => nodes.flatMap((node) => (node.head_id === me.person_id ? [node] : led(node.children, me)));

/** The units that the caller may choose from, the widest first. */
export async function askUnits(me) {
  const { items } = await get("/v1/departments/tree");
  if (seesAll(me)) return [{ id: COMPANY, name: me.company.name }, ...nested(items)];
  const own = nested(led(items, me));
  return own.length ? own : [{ id: REPORTS, name: t("team.reports") }];
}

/** As it stands in the list of those below. */
const asBelow = ({ id, name }, card) => ({
  owner: { type: "person", id },
  name,
  performance: card.performance,
  performance_low: card.performance_low,
  performance_high: card.performance_high,
  performance_forecast: card.performance_forecast,
  goals: card.goals.length,
  without_data: card.without_data.length,
  standings: card.goals,
});

/** Only departments have a scorecard of all below: of whoever leads none the few reports are asked for one by one. */
async function askReports(me, query) {
  const reports = await list("/v1/people", { manager_id: me.person_id });
  const cards = await Promise.all(reports.map(({ id }) => get(`/v1/scorecards/people/${id}`, query)));
  return reports.map((person, place) => asBelow(person, cards[place])).filter(({ goals }) => goals > 0);
}

/** What everybody below has reached in a cycle: departments first, then people. */
export async function askBelow(me, unit, cycle) {
  const query = { cycle_id: cycle.id };
  if (unit.id === REPORTS) return askReports(me, query);
  const owner = unit.id === COMPANY ? COMPANY : `departments/${unit.id}`;
  return (await get(`/v1/scorecards/${owner}`, { ...query, subtree: true })).below;
}

/** The department that a list is narrowed to, if any. */
export const departmentOf = (unit) => ([COMPANY, REPORTS].includes(unit.id) ? null : unit.id);

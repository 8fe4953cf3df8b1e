// Departments and company: the tree of departments, and of each unit its figures and how its goals cascade.

import { get, list, whereAllowed } from "../api.js";
import { useAsked } from "../asked.js";
import { CyclePicker, askCycles, chosenCycle } from "../cycles.js";
import { Page, announce } from "../components/page.js";
import { Asked, Empty } from "../components/states.js";
import { period } from "../format.js";
import { t } from "../language.js";
import { useLive } from "../live.js";
import { to } from "../router.js";
import { html } from "../view.js";
import { Cascade } from "./company/cascade.js";
import { askSums } from "./company/sums.js";
import { DepartmentFacts, Headcount } from "./company/figures.js";
import { Loose } from "./company/loose.js";
import { UnitScorecard } from "./company/scorecard.js";
import { standingsOf } from "./company/standings.js";
import { DepartmentTree, flat } from "./company/tree.js";

const stillThere = ({ state }) => state !== "cancelled";

/** What a unit and all below have reached; for whoever may not see that, what the departments that they lead have. */
async function askCards(path, query, me) {
  const ask = (one) => whereAllowed(get(`/v1/scorecards/${one}`, { ...query, subtree: true }));
  const card = await ask(path);
  const seen = card ? [card] : await Promise.all(me.leads.map(({ id }) => ask(`departments/${id}`)));
  return { card, standings: standingsOf(seen.filter(Boolean)) };
}

/** A unit's own goals, what became of them and of all below, and the sums of the cascade. */
async function askGoals(departmentId, cycle, me) {
  const query = { cycle_id: cycle.id };
  const owner = departmentId ? { department_id: departmentId } : { owner_type: "company" };
  const path = departmentId ? `departments/${departmentId}` : "company";
  const [goals, cards, sums] = await Promise.all([
    list("/v1/goals", { ...query, ...owner }),
    askCards(path, query, me),
    askSums(cycle),
  ]);
  return { goals: goals.filter(stillThere), sums, ...cards };
}

async function askUnit(departmentId, cycleId, me) {
  const [tree, stats, cycles] = await Promise.all([
    get("/v1/departments/tree"),
    whereAllowed(get("/v1/departments/stats"), { items: [] }),
    askCycles(),
  ]);
  const cycle = chosenCycle(cycles, cycleId);
  const figures = new Map(stats.items.map((one) => [one.department_id, one]));
  const departments = new Map(flat(tree.items).map((one) => [one.id, one]));
  const department = departmentId ? await (departments.get(departmentId) ?? get(`/v1/departments/${departmentId}`)) : null;
  const below = departmentId ? (department.children ?? []) : tree.items;
  return { department, departments, below, figures, stats, cycles, cycle, ...(cycle && (await askGoals(departmentId, cycle, me))) };
}

function Shown({ found, me }) {
  const { department, departments, cycle, goals, card, sums, standings, below, figures, stats } = found;
  const ofDepartment = department && figures.get(department.id);
  return html`
    ${department && html`<${DepartmentFacts} department=${department} />`}
    ${ofDepartment && html`<${Headcount} figures=${ofDepartment} from=${stats.from} till=${stats.to} />`}
    ${!cycle && html`<${Empty} title=${t("company.noCycle")} />`}
    ${card && html`<${UnitScorecard} card=${card} />`}
    ${cycle && html`
      <${Cascade} goals=${goals} sums=${sums} standings=${standings} departments=${departments} company=${me.company.name} />`}
    ${below.length > 0 && html`<${DepartmentTree} departments=${below} figures=${figures} cycle=${cycle} />`}
    ${cycle && !department && html`<${Loose} sums=${sums} departments=${departments} />`}`;
}

export default function Company({ me, rest: [departmentId], query }) {
  const asked = useAsked(() => askUnit(departmentId, query.cycle, me), [departmentId, query.cycle]);
  const refresh = async () => {
    await asked.again();
    announce(t("shell.updated"));
  };
  useLive(["attainment.changed"], refresh, ({ subject_id: id }) => asked.data?.standings?.has(id));
  const { cycle, cycles, department } = asked.data ?? {};
  const back = departmentId && { href: to("company", { cycle: query.cycle }), text: t("shell.nav.company") };
  return html`
    <${Page} title=${departmentId ? (department?.name ?? t("domain.department")) : me.company.name} back=${back}
      intro=${cycle && period(cycle.starts_on, cycle.ends_on)}
      actions=${cycle && html`<${CyclePicker} cycles=${cycles} chosen=${cycle} />`}>
      <${Asked} of=${asked}>${(found) => html`<${Shown} found=${found} me=${me} />`}<//>
    <//>`;
}

// My team: what the people below have reached, who needs help, who leads, and what colleagues are praised for.

import { useAsked } from "../asked.js";
import { CyclePicker, askCycles, chosenCycle } from "../cycles.js";
import { Picker } from "../components/form.js";
import { Page, announce } from "../components/page.js";
import { Asked, Empty } from "../components/states.js";
import { period } from "../format.js";
import { t } from "../language.js";
import { useLive } from "../live.js";
import { go, to } from "../router.js";
import { html } from "../view.js";
import { AtRisk } from "./team/at_risk.js";
import { Leaderboard } from "./team/leaderboard.js";
import { Recognition } from "./team/recognition.js";
import { Summary, TeamScorecard } from "./team/scorecard.js";
import { askBelow, askUnits } from "./team/units.js";

async function askTeam(me, query) {
  const [units, cycles] = await Promise.all([askUnits(me), askCycles()]);
  const cycle = chosenCycle(cycles, query.cycle);
  const unit = units.find(({ id }) => id === query.unit) ?? units[0];
  const below = cycle ? await askBelow(me, unit, cycle) : [];
  return { units, unit, cycles, cycle, below };
}

const UnitPicker = ({ units, unit, query }) => html`
  <${Picker} label=${t("team.whose")} options=${units.map(({ id, name }) => [id, name])} value=${unit.id}
    onPick=${(id) => go(to("team", { ...query, unit: id }))} />`;

const Pickers = ({ found, query }) => html`
  ${found.units.length > 1 && html`<${UnitPicker} units=${found.units} unit=${found.unit} query=${query} />`}
  ${found.cycle && html`<${CyclePicker} cycles=${found.cycles} chosen=${found.cycle} />`}`;

function Shown({ found: { unit, cycle, below }, me }) {
  if (!cycle) return html`<${Empty} title=${t("team.noCycle")} />`;
  return html`
    <${Summary} below=${below} />
    <${TeamScorecard} below=${below} cycle=${cycle} />
    <div class="pair">
      <${AtRisk} below=${below} cycle=${cycle} />
      <${Leaderboard} key=${`${unit.id} ${cycle.id}`} unit=${unit} cycle=${cycle} />
    </div>
    <${Recognition} me=${me} />`;
}

export default function Team({ me, query }) {
  const asked = useAsked(() => askTeam(me, query), [query.unit, query.cycle]);
  const goals = new Set(asked.data?.below.flatMap(({ standings }) => standings.map(({ goal_id: id }) => id)));
  const refresh = async () => {
    await asked.again();
    announce(t("shell.updated"));
  };
  useLive(["attainment.changed"], refresh, ({ subject_id: id }) => goals.has(id));
  const { cycle } = asked.data ?? {};
  return html`
    <${Page} title=${t("shell.nav.team")} intro=${cycle && period(cycle.starts_on, cycle.ends_on)}
      actions=${asked.data && html`<${Pickers} found=${asked.data} query=${query} />`}>
      <${Asked} of=${asked}>${(found) => html`<${Shown} found=${found} me=${me} />`}<//>
    <//>`;
}

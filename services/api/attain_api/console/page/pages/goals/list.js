// A cycle's goals of mine, or of a person whose goals I may see (`?person=<id>`): the scorecard's figures for what is confirmed, and what is still being agreed on.

import { get, list } from "../../api.js";
import { useAsked } from "../../asked.js";
import { CyclePicker, askCycles, chosenCycle } from "../../cycles.js";
import { GoalState, Status } from "../../components/badge.js";
import { Meter, Tiles } from "../../components/figures.js";
import { Page, announce } from "../../components/page.js";
import { Asked, Empty } from "../../components/states.js";
import { drawn, percent, period, score, spanOf, weight } from "../../format.js";
import { t } from "../../language.js";
import { useLive } from "../../live.js";
import { to } from "../../router.js";
import { html } from "../../view.js";
import { toneOf } from "./tones.js";

async function askGoals(me, { cycle: cycleId, person }) {
  const personId = person ?? me.person_id;
  const cycles = await askCycles();
  const cycle = chosenCycle(cycles, cycleId);
  if (!cycle) return { cycles, cycle };
  const query = { cycle_id: cycle.id };
  const [goals, card, owner] = await Promise.all([
    list("/v1/goals", { ...query, person_id: personId }),
    get(`/v1/scorecards/people/${personId}`, query),
    person ? get(`/v1/people/${person}`) : me,
  ]);
  const figures = new Map(card.goals.map((goal) => [goal.goal_id, goal]));
  const shown = goals.filter(({ state }) => state !== "cancelled");
  return { cycles, cycle, card, owner, goals: shown.map((goal) => ({ ...goal, figures: figures.get(goal.id) })) };
}

/** The least that any of its indicators has reached. */
function leastReached({ indicators }) {
  const reached = indicators.map((one) => one.attainment ?? one.attainment_low).filter((one) => one !== null);
  return reached.length ? reached.reduce((least, one) => (drawn(one) < drawn(least) ? one : least)) : null;
}

const Card = ({ goal, cycle }) => html`
  <li class="card goal">
    <h2><a href=${to("goals", goal.id, { cycle: cycle.id })}>${goal.title}</a></h2>
    <p class="badges">
      ${goal.figures && html`<${Status} code=${goal.figures.status} />`}
      ${goal.state !== "confirmed" && html`<${GoalState} code=${goal.state} />`}
    </p>
    <dl class="row">
      <div><dt>${t("domain.weight")}</dt><dd>${weight(goal.weight)}</dd></div>
      ${goal.figures && html`<${Figures} figures=${goal.figures} />`}
    </dl>
    ${!goal.figures && html`<p class="muted">${t("goals.countsOnceConfirmed")}</p>`}
  </li>`;

function Figures({ figures }) {
  const reached = leastReached(figures);
  return html`
    <div><dt>${t("domain.score")}</dt><dd class="strong">${spanOf(figures, "score", score)}</dd></div>
    <div><dt>${t("domain.forecast")}</dt><dd>${score(figures.score_forecast)}</dd></div>
    <div class="wide">
      <dt>${t("domain.attainment")}</dt>
      <dd>${percent(reached)} <${Meter} value=${reached} tone=${toneOf(figures.status)} /></dd>
    </div>`;
}

const tiles = ({ card, goals }) => [
  { label: t("domain.performance"), value: spanOf(card, "performance", score), note: t("goals.soFar") },
  { label: t("goals.performanceForecast"), value: score(card.performance_forecast) },
  { label: t("domain.goals"), value: String(goals.length) },
  {
    label: t("goals.needAttention"),
    value: String(goals.filter(({ figures }) => ["at_risk", "off_track", "missed"].includes(figures?.status)).length),
  },
];

const Shown = ({ found }) =>
  found.goals.length === 0
    ? html`<${Empty} title=${t("goals.none")}>${t("goals.noneHint")}<//>`
    : html`
        <${Tiles} of=${tiles(found)} />
        <ul class="goals">${found.goals.map((goal) => html`<${Card} key=${goal.id} goal=${goal} cycle=${found.cycle} />`)}</ul>`;

export function GoalsPage({ me, query }) {
  const asked = useAsked(() => askGoals(me, query), [query.person, query.cycle]);
  const mine = new Set(asked.data?.goals?.map(({ id }) => id));
  const refresh = async () => {
    await asked.again();
    announce(t("shell.updated"));
  };
  useLive(["attainment.changed"], refresh, ({ subject_id: id }) => mine.has(id));
  const { cycles, cycle, owner } = asked.data ?? {};
  const title = query.person ? t("goals.of", { name: owner?.name }) : t("shell.nav.goals");
  return html`
    <${Page} title=${title} intro=${cycle && period(cycle.starts_on, cycle.ends_on)}
      actions=${cycle && html`<${CyclePicker} cycles=${cycles} chosen=${cycle} />`}>
      <${Asked} of=${asked}>
        ${(found) => (found.cycle ? html`<${Shown} found=${found} />` : html`<${Empty} title=${t("goals.noCycle")} />`)}
      <//>
    <//>`;
}

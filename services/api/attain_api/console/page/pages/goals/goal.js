// One goal: how it stands and why, indicator by indicator.

import { get, read } from "../../api.js";
import { useAsked } from "../../asked.js";
import { GoalState, Status } from "../../components/badge.js";
import { Facts, Tiles } from "../../components/figures.js";
import { Page, Section, announce } from "../../components/page.js";
import { Asked } from "../../components/states.js";
import { instant, period, score, spanOf, weight } from "../../format.js";
import { t } from "../../language.js";
import { useLive } from "../../live.js";
import { to } from "../../router.js";
import { html } from "../../view.js";
import { Actions } from "./actions.js";
import { History } from "./history.js";
import { Indicator } from "./indicator.js";
import { Milestones } from "./milestones.js";
import { Why } from "./why.js";
import { WhatIf } from "./what_if.js";

/** The goal; its attainment; and what that was made of, for whoever sees the goal in full. */
async function askGoal(goalId) {
  const path = `/v1/goals/${goalId}`;
  const [{ body: goal, etag }, attainment, history] = await Promise.all([
    read(path),
    get(`${path}/attainment`),
    get(`${path}/attainment/history`),
  ]);
  const explanation = goal.masked.length ? null : await get(`${path}/explain`, { limit: 50 });
  return { goal, etag, attainment, history, explanation };
}

const Texts = ({ goal }) => html`
  <${Facts} of=${[
    [t("goals.window"), period(goal.starts_on, goal.ends_on)],
    [t("domain.weight"), weight(goal.weight)],
    [t("goals.why"), goal.why],
    [t("goals.how"), goal.how],
    [t("goals.behaviours"), goal.behaviours],
    [t("goals.standards.below"), goal.standards?.below],
    [t("goals.standards.meets"), goal.standards?.meets],
    [t("goals.standards.above"), goal.standards?.above],
  ]} />`;

function Shown({ found: { goal, etag, attainment, history, explanation }, me, again }) {
  const isMine = goal.owner.type === "person" && goal.owner.id === me.person_id;
  const forecast = history.items.at(-1)?.score_forecast;
  return html`
    <p class="badges"><${Status} code=${attainment.status} /> <${GoalState} code=${goal.state} /></p>
    <${Tiles} of=${[
      { label: t("domain.score"), value: spanOf(attainment, "score", score), note: t("goals.soFar") },
      { label: t("domain.forecast"), value: score(forecast), note: t("goals.atThisPace") },
      { label: t("domain.weight"), value: weight(goal.weight) },
    ]} />
    ${explanation && html`<${Why} explanation=${explanation} goal=${goal} />`}
    ${attainment.indicators.map((one, place) => html`
      <${Indicator} key=${one.indicator_id} figures=${one} indicator=${goal.indicators[place]} goal=${goal} place=${place}
        explained=${explanation?.indicators[place]} isMine=${isMine} changed=${again} />`)}
    <${History} history=${history} goal=${goal} />
    ${goal.milestones?.length > 0 && html`
      <${Milestones} goal=${goal} etag=${etag} isMine=${isMine} again=${again} />`}
    ${explanation && html`<${WhatIf} goal=${goal} attainment=${attainment} />`}
    <${Section} title=${t("goals.agreedOn")}><${Texts} goal=${goal} /><//>
    <p class="muted">${t("goals.computedAt", { at: instant(attainment.computed_at) })}</p>`;
}

/** Where its owner's goals are listed: the own ones, or those of the person. */
const ownersGoals = (goal, me) => {
  const person = goal?.owner.type === "person" && goal.owner.id !== me.person_id ? goal.owner.id : null;
  return { href: to("goals", { cycle: goal?.cycle_id, person }), text: person ? t("domain.goals") : t("shell.nav.goals") };
};

export function GoalPage({ goalId, me }) {
  const asked = useAsked(() => askGoal(goalId), [goalId]);
  const refresh = async () => {
    await asked.again();
    announce(t("shell.updated"));
  };
  useLive(["attainment.changed"], refresh, ({ subject_id: id }) => id === goalId);
  const goal = asked.data?.goal;
  return html`
    <${Page} title=${goal?.title ?? t("domain.goal")}
      back=${ownersGoals(goal, me)}
      actions=${goal && html`<${Actions} goal=${goal} etag=${asked.data.etag} again=${asked.again} />`}>
      <${Asked} of=${asked}>${(found) => html`<${Shown} found=${found} me=${me} again=${asked.again} />`}<//>
    <//>`;
}

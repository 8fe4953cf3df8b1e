// The goals of a review: what was measured when it was frozen, what it is now, what was given (REV-2a, REV-7).

import { Badge } from "../../components/badge.js";
import { Section } from "../../components/page.js";
import { Empty } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { percent, score, span, spanOf, weight } from "../../format.js";
import { t } from "../../language.js";
import { to } from "../../router.js";
import { html } from "../../view.js";

/** A computed score: a step, or the two that it lies between. */
export const computed = (figures) =>
  figures ? span({ value: figures.score, low: figures.score_low, high: figures.score_high }, score) : "–";

const reached = (figures) => (figures ? figures.indicators.map((one) => spanOf(one, "attainment", percent)).join(" · ") : "–");

export function Goals({ figures, review }) {
  const given = new Map(review.goals.map((goal) => [goal.goal_id, goal.score]));
  const columns = [
    { title: t("domain.goal"), head: true, cell: (goal) => html`<a href=${to("goals", goal.goal_id)}>${goal.title}</a>` },
    { title: t("domain.weight"), number: true, cell: (goal) => weight(goal.weight) },
    { title: t("domain.attainment"), number: true, cell: (goal) => reached(goal.frozen ?? goal.current) },
    { title: t("reviews.computed"), number: true, cell: (goal) => computed(goal.frozen ?? goal.current) },
    ...(given.size ? [{ title: t("reviews.given"), number: true, cell: (goal) => score(given.get(goal.goal_id)) }] : []),
    ...(figures.frozen_as_of
      ? [{
          title: t("reviews.current"),
          number: true,
          cell: (goal) => html`${computed(goal.current)} ${goal.differs && html`<${Badge} tone="warn" icon="warn">${t("reviews.moved")}<//>`}`,
        }]
      : []),
  ];
  return html`
    <${Section} title=${t("reviews.goalScores")}>
      ${figures.goals.length
        ? html`<${Table} caption=${t("reviews.goalScores")} columns=${columns} rows=${figures.goals} keyOf=${(goal) => goal.goal_id} />`
        : html`<${Empty} title=${t("reviews.noGoals")} />`}
    <//>`;
}

// What a review comes to, and how: performance, values on its scale, both weighed, the nearest step (REV-2 to REV-5, REV-9).

import { Badge } from "../../components/badge.js";
import { Tiles } from "../../components/figures.js";
import { More, Section } from "../../components/page.js";
import { Empty, Notice } from "../../components/states.js";
import { drawn, instant, percent, score } from "../../format.js";
import { language, t } from "../../language.js";
import { html } from "../../view.js";

const tiles = (review) => [
  { label: t("domain.performance"), value: score(review.performance) },
  { label: t("reviews.values"), value: score(review.values), tone: review.values_failed ? "bad" : "plain" },
  { label: t("reviews.overall"), value: score(review.overall) },
  review.rating
    ? { label: t("reviews.rating"), value: score(review.rating), note: review.rating_label[language] }
    : { label: t("reviews.suggested"), value: score(review.suggested_rating) },
];

/** The sentences that lead from the parts to the rating; a part that is not there is not told of. */
function explained({ review, cycle }) {
  const parts = { goals: score(review.goals_score), team: score(review.team_score), competency: score(review.competency_score) };
  const hasParts = review.team_score !== null || review.competency_score !== null;
  const told = { performance: score(review.performance), ...parts };
  return [
    review.performance !== null && t(hasParts ? "reviews.byParts" : "reviews.byGoals", told),
    review.values !== null && review.values_mapped !== null &&
      t("reviews.byMapping", { values: score(review.values), mapped: score(review.values_mapped) }),
    review.values_failed && t("reviews.byFailing"),
    cycle && review.overall !== null && !review.values_failed &&
      t("reviews.byOverall", {
        overall: score(review.overall),
        performanceWeight: percent(cycle.performance_weight),
        valuesWeight: percent(cycle.values_weight),
        suggested: score(review.suggested_rating),
      }),
  ].filter(Boolean);
}

const isJudged = ({ performance, values, rating }) => [performance, values, rating].some((one) => drawn(one) !== null);

export function Judgement({ review, cycle, isOwn }) {
  const nothing = isOwn && !review.interviewed_at ? "reviews.notYet" : "reviews.noJudgement";
  return html`
    <${Section} title=${t("reviews.figures")} note=${review.frozen_as_of && t("reviews.asOf", { at: instant(review.frozen_as_of) })}>
      ${isJudged(review)
        ? html`
            <${Tiles} of=${tiles(review)} />
            ${review.quadrant && html`<p class="answer">${t("reviews.quadrantTitle")}: <${Badge} tone="accent">${t(`reviews.quadrant.${review.quadrant}`)}<//></p>`}
            <${More} title=${t("reviews.explained")}>
              <ul class="stack">${explained({ review, cycle }).map((line) => html`<li key=${line}>${line}</li>`)}</ul>
            <//>`
        : html`<${Empty} title=${t(nothing)} />`}
      ${review.surprises?.map((kind) => html`<${Notice} key=${kind}>${t(`reviews.surprise.${kind}`)}<//>`)}
    <//>`;
}

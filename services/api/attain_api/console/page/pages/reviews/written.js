// What each side has written, as far as the API shows it to the caller.

import { Badge } from "../../components/badge.js";
import { Section } from "../../components/page.js";
import { day, instant, score } from "../../format.js";
import { language, t } from "../../language.js";
import { html } from "../../view.js";

const SIDES = ["self", "manager", "second_level", "hr"];

const Case = ({ one }) => html`
  <li><${Badge} tone=${one.kind === "positive" ? "ok" : "bad"} icon=${one.kind === "positive" ? "up" : "down"}>${t(`reviews.kind.${one.kind}`)}<//>
    ${" "}${one.behaviour} → ${one.consequence} ${one.on && html`<span class="muted">${day(one.on)}</span>`}</li>`;

const Value = ({ value, name, figure }) => html`
  <li>
    <strong>${name}</strong> ${value.unsure && figure === null ? html`<${Badge} tone="warn" icon="question">${t("reviews.unsureShort")}<//>` : score(figure)}
    ${value.cases.length > 0 && html`<ul class="stack">${value.cases.map((one, place) => html`<${Case} key=${place} one=${one} />`)}</ul>`}
  </li>`;

const Goal = ({ given, title }) => html`
  <li><strong>${title}</strong> ${given.score && score(given.score)}
    ${[given.reason, given.comment].filter(Boolean).map((text) => html`<p>${text}</p>`)}</li>`;

function Side({ side, assessment, titles, values, names }) {
  const named = (code) => values.find((one) => one.code === code)?.[`name_${language}`] ?? code;
  const goals = assessment.goals.filter(({ score: given, reason, comment }) => given || reason || comment);
  const by = t("reviews.savedBy", { name: names.name(assessment.saved_by), at: instant(assessment.submitted_at ?? assessment.saved_at) });
  return html`
    <${Section} title=${t(`reviews.written.${side}`)} note=${by}
      actions=${assessment.is_draft && html`<${Badge} icon="pen">${t("reviews.draft")}<//>`}>
      <ul class="stack">
        ${goals.map((given) => html`<${Goal} key=${given.goal_id} given=${given} title=${titles.get(given.goal_id) ?? ""} />`)}
        ${assessment.values.map((value) => html`
          <${Value} key=${value.code} value=${value} name=${named(value.code)} figure=${assessment.value_scores[value.code]} />`)}
        ${assessment.competency && html`<li><strong>${t("reviews.competency")}</strong> ${score(assessment.competency.score)} <p>${assessment.competency.evidence}</p></li>`}
      </ul>
      ${assessment.comment && html`<p class="answer">${assessment.comment}</p>`}
    <//>`;
}

export function Written({ review, figures, values, names }) {
  const titles = new Map(figures.goals.map(({ goal_id: id, title }) => [id, title]));
  return SIDES.map((side) => {
    const assessment = review[`${side}_assessment`];
    return assessment && html`<${Side} key=${side} ...${{ side, assessment, titles, values, names }} />`;
  });
}

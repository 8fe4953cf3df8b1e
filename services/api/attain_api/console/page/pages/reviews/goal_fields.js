// A goal in an assessment: the computed score beside what somebody gives instead, and why (REV-2a).

import { Select, TextArea } from "../../components/form.js";
import { decimal, inUnit, percent, score, spanOf, weight } from "../../format.js";
import { t } from "../../language.js";
import { useNames } from "../../names.js";
import { to } from "../../router.js";
import { html } from "../../view.js";
import { computed } from "./goals.js";
import { textOr } from "./saving.js";

const STEPS = ["2.5", "3", "3.25", "3.5", "3.75", "4", "4.5", "5"];
/** The scale, from nothing given on. */
export const SCALE = [["", "–"], ...STEPS.map((step) => [step, step])];

/** What is sent of the goals, in their order. */
export const goalsOf = (goals, given = {}) =>
  goals.map(({ goal_id: id }) => ({
    goal_id: id,
    score: given[id]?.score || null,
    reason: textOr(given[id]?.reason),
    comment: textOr(given[id]?.comment),
  }));

/** How an indicator's figures are written; its own name it has in the goal. */
function writer({ kind, metric }, names) {
  if (kind === "manual") return decimal;
  if (kind !== "metric") return percent;
  return (text) => inUnit(text, names.metric(metric).unit);
}

function Measured({ indicator }) {
  const names = useNames();
  const { metric, band, target } = indicator;
  const write = writer(indicator, names);
  const actual = spanOf(indicator, "actual", write);
  const told = { actual, target: band ? `${write(band.low)} – ${write(band.high)}` : write(target) };
  return html`<p>${metric && `${names.metric(metric).label} · `}${t("reviews.target", told)} · ${spanOf(indicator, "attainment", percent)}</p>`;
}

export function GoalFields({ goal, written }) {
  const { goal_id: id, current } = goal;
  const options = [["", t("reviews.takeComputed", { score: computed(current) })], ...SCALE.slice(1).map(([step]) => [step, score(step)])];
  return html`
    <fieldset class="group">
      <legend><a href=${to("goals", id)}>${goal.title}</a> <span class="muted">${weight(goal.weight)}</span></legend>
      <div class="muted">${current?.indicators.map((one) => html`<${Measured} key=${one.indicator_id} indicator=${one} />`)}</div>
      <div class="row">
        <${Select} name=${`goals.${id}.score`} label=${t("reviews.scoreOf")} pointer=${`/goals/${id}/score`} value=${written?.score ?? ""} options=${options} />
        <${TextArea} name=${`goals.${id}.reason`} label=${t("reviews.reasonOf")} pointer=${`/goals/${id}/reason`} rows="1" value=${written?.reason} />
      </div>
      <${TextArea} name=${`goals.${id}.comment`} label=${t("reviews.commentOf")} pointer=${`/goals/${id}/comment`} rows="1" value=${written?.comment} />
    </fieldset>`;
}

// The steps of a review in the order of the flow (REV-6): which are done, which one it is at.

import { Badge } from "../../components/badge.js";
import { Icon } from "../../components/icons.js";
import { Section } from "../../components/page.js";
import { day, today } from "../../format.js";
import { t } from "../../language.js";
import { html } from "../../view.js";

const WAY = ["self_assessment", "manager_assessment", "second_level", "hr", "calibration", "interview", "acknowledgement", "closed"];
/** Every step there is, to choose from. */
export const STEPS = [...WAY.slice(0, -1), "appealed", "closed", "cancelled"];
const ENDS = ["closed", "cancelled"];

export const isOverdue = ({ step, due_on: due }) => !ENDS.includes(step) && due !== null && due < today();

/** When a step is due; overdue in words, too. */
export const Due = ({ review }) =>
  isOverdue(review)
    ? html`${day(review.due_on)} <${Badge} tone="bad" icon="warn">${t("reviews.overdue")}<//>`
    : day(review.due_on);

const wayOf = (step) => (WAY.includes(step) ? WAY : [...WAY.slice(0, -1), step]);
const SHOWN = { done: "check", now: "pen", later: "dash" };

export function Way({ review, cycle }) {
  const way = wayOf(review.step);
  const at = way.indexOf(review.step);
  const state = (place) => (place < at || ENDS.includes(way[place]) && place === at ? "done" : place === at ? "now" : "later");
  return html`
    <${Section} title=${t("reviews.way")} note=${cycle?.name}>
      <ol class="way">
        ${way.map((step, place) => html`
          <li key=${step} class=${state(place)} aria-current=${place === at ? "step" : null}>
            <${Icon} name=${SHOWN[state(place)]} size=${15} />
            <span><strong>${t(`reviews.step.${step}`)}</strong>
              <small class="muted">${t(`reviews.${state(place)}`)}${place === at && review.due_on ? html` · ${t("reviews.due")} <${Due} review=${review} />` : ""}</small></span>
          </li>`)}
      </ol>
    <//>`;
}

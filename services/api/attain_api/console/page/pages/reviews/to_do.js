// What the caller may do with a review at its step: the step's form, and the actions that the API allows (REV-6).

import { Section } from "../../components/page.js";
import { Notice } from "../../components/states.js";
import { day } from "../../format.js";
import { t } from "../../language.js";
import { to } from "../../router.js";
import { html } from "../../view.js";
import { Actions } from "./actions.js";
import { AssessmentForm } from "./assessment_form.js";
import { DecisionForm } from "./decision_form.js";
import { InterviewForm } from "./interview_form.js";

const isUndecided = ({ review }) => review.manager_assessment?.values.some(({ unsure }) => unsure);

/** The form of the step, where it is the caller's to fill in. */
function formOf(found) {
  const { step, allowed_actions: allowed } = found.review;
  if (["self_assessment", "manager_assessment"].includes(step) && allowed.includes("submit")) return AssessmentForm;
  if (["second_level", "hr"].includes(step) && allowed.includes("approve") && isUndecided(found)) return DecisionForm;
  if (step === "interview" && allowed.includes("interview")) return InterviewForm;
  return null;
}

export function ToDo(shown) {
  const { review, names, etag, again } = shown;
  const Step = formOf(shown);
  const name = names.name(review.person_id);
  if (!review.allowed_actions.length) return null;
  return html`
    <${Section} title=${Step ? t(`reviews.form.${review.step}`, { name }) : t("reviews.todo")}>
      <div class="stack">
        ${review.step === "acknowledgement" && review.answer_by && html`<${Notice} tone="plain">${t("reviews.answerBy", { day: day(review.answer_by) })}<//>`}
        ${review.allowed_actions.includes("set_rating") && html`
          <p><a href=${to("calibration", review.review_cycle_id)}>${t("reviews.calibrate")}</a></p>`}
        ${Step && html`<${Step} ...${shown} />`}
        <${Actions} review=${review} etag=${etag} again=${again} names=${names} />
      </div>
    <//>`;
}

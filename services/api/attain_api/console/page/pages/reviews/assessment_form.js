// The employee's own assessment, or the manager's: a draft until it is submitted (REV-2a, REV-3).

import { send } from "../../api.js";
import { Button, Form, Select, TextArea } from "../../components/form.js";
import { Alert } from "../../components/states.js";
import { t } from "../../language.js";
import { html } from "../../view.js";
import { GoalFields, SCALE, goalsOf } from "./goal_fields.js";
import { nested, saidOf, textOr, useSaving } from "./saving.js";
import { ValueFields, valuesOf } from "./value_fields.js";

const PARTS = { self_assessment: "self", manager_assessment: "manager" };

const Competency = ({ written }) => html`
  <fieldset class="group">
    <legend>${t("reviews.competency")}</legend>
    <${Select} name="competency.score" label=${t("reviews.competencyScore")} value=${written?.score ?? ""} options=${SCALE} />
    <${TextArea} name="competency.evidence" label=${t("reviews.evidence")} value=${written?.evidence} />
  </fieldset>`;

const competencyOf = (given) =>
  given?.score || textOr(given?.evidence) ? { score: given.score || null, evidence: textOr(given.evidence) } : null;

export function AssessmentForm({ review, etag, figures, cycle, values, again }) {
  const { failure, save } = useSaving(again);
  const part = PARTS[review.step];
  const written = review[`${part}_assessment`];
  const hasCompetency = part === "manager" && Number(cycle?.competency_share ?? 0) > 0;

  async function submit({ then, ...fields }) {
    const given = nested(fields);
    const sent = {
      goals: goalsOf(figures.goals, given.goals),
      values: valuesOf(values, given.values),
      competency: competencyOf(given.competency),
      comment: textOr(given.comment),
    };
    await save(
      async () => {
        const saved = await send("PUT", `/v1/reviews/${review.id}/${part}-assessment`, sent, { etag });
        if (then === "submit") await send("POST", `/v1/reviews/${review.id}/actions/submit`, {}, { etag: saved.etag });
      },
      { sent },
    );
  }
  return html`
    <${Form} onSubmit=${submit} failure=${failure}>
      ${!cycle?.is_values_only && figures.goals.map((goal) => html`
        <${GoalFields} key=${goal.goal_id} goal=${goal} written=${written?.goals.find((one) => one.goal_id === goal.goal_id)} />`)}
      ${values.map((value) => html`
        <${ValueFields} key=${value.code} value=${value} written=${written?.values.find((one) => one.code === value.code)} mayBeUnsure=${part === "manager"} />`)}
      ${hasCompetency && html`<${Competency} written=${written?.competency} />`}
      <${TextArea} name="comment" label=${t("reviews.overallComment")} value=${written?.comment} />
      <${Alert}>${saidOf(failure)}<//>
      <div class="row">
        <${Button} type="submit" name="then" value="save">${t("reviews.saveDraft")}<//>
        <${Button} type="submit" name="then" value="submit" primary>${t("reviews.submitNow")}<//>
      </div>
    <//>`;
}

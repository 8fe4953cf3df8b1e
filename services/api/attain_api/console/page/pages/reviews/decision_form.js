// What the 1 over 1, or HR at its step, decides of the values that the manager is unsure of, and only those (REV-3).

import { send } from "../../api.js";
import { Button, Form, TextArea } from "../../components/form.js";
import { Alert } from "../../components/states.js";
import { t } from "../../language.js";
import { html } from "../../view.js";
import { nested, saidOf, textOr, useSaving } from "./saving.js";
import { ValueFields, valuesOf } from "./value_fields.js";

export function DecisionForm({ review, etag, values, again }) {
  const { failure, save } = useSaving(again);
  const unsure = review.manager_assessment.values.filter((value) => value.unsure).map(({ code }) => code);
  const asked = values.filter(({ code }) => unsure.includes(code));
  const written = review[`${review.step}_assessment`] ?? review.second_level_assessment;

  async function submit(fields) {
    const given = nested(fields);
    const sent = { values: valuesOf(asked, given.values), comment: textOr(given.comment) };
    await save(() => send("PUT", `/v1/reviews/${review.id}/second-level-assessment`, sent, { etag }), { sent });
  }
  return html`
    <${Form} onSubmit=${submit} failure=${failure}>
      ${asked.map((value) => html`
        <${ValueFields} key=${value.code} value=${value} written=${written?.values.find((one) => one.code === value.code)} />`)}
      <${TextArea} name="comment" label=${t("reviews.commentOf")} value=${written?.comment} />
      <${Alert}>${saidOf(failure)}<//>
      <div class="row"><${Button} type="submit" primary>${t("reviews.saveDecisions")}<//></div>
    <//>`;
}

// The interview as whoever held it records it: what went well, what is to become better, what was agreed on (REV-10).

import { create } from "../../api.js";
import { Button, Field, Form, Select, TextArea } from "../../components/form.js";
import { Alert } from "../../components/states.js";
import { today } from "../../format.js";
import { t } from "../../language.js";
import { html, useRef } from "../../view.js";
import { useRows } from "./cases.js";
import { nested, saidOf, textOr, useSaving } from "./saving.js";

const MOST_ACTIONS = 5;

const sideOf = (given = {}) =>
  Object.values(given).map((one) => ({
    behaviour: textOr(one.behaviour) ?? "",
    consequence: textOr(one.consequence) ?? "",
    evaluation: textOr(one.evaluation),
    expectation: textOr(one.expectation),
  }));
const agreedOf = (given = {}) => Object.values(given).map((one) => ({ title: textOr(one.title) ?? "", owner_id: one.owner_id, due_on: one.due_on }));

function Rows({ what, title, add, begin = 0, most = 20, fields }) {
  const [keys, addRow, remove] = useRows(begin);
  return html`
    <div class="stack">
      ${keys.map((key, place) => html`
        <fieldset class="group" key=${key}>
          <legend>${title} ${place + 1}</legend>
          ${fields((field) => ({ name: `${what}.${key}.${field}`, pointer: `/${what}/${place}/${field}` }))}
          <div><${Button} quiet onClick=${() => remove(key)}>${t("reviews.remove", { what: title, place: place + 1 })}<//></div>
        </fieldset>`)}
      ${keys.length < most && html`<div><${Button} onClick=${addRow}>${add}<//></div>`}
    </div>`;
}

const caseFields = (at) => html`
  <${TextArea} ...${at("behaviour")} label=${t("reviews.behaviour")} rows="2" />
  <${TextArea} ...${at("consequence")} label=${t("reviews.consequence")} rows="2" />
  <${Field} ...${at("evaluation")} label=${t("reviews.evaluation")} />
  <${Field} ...${at("expectation")} label=${t("reviews.expectation")} />`;

export function InterviewForm({ review, etag, me, names, again }) {
  const { failure, save } = useSaving(again);
  const key = useRef(crypto.randomUUID());
  const owners = names.all.filter(({ status }) => status === "employed").map(({ id, name }) => [id, name]);
  const actionFields = (at) => html`
    <${Field} ...${at("title")} label=${t("reviews.actionTitle")} />
    <div class="row">
      <${Select} ...${at("owner_id")} label=${t("reviews.actionOwner")} options=${owners} value=${me.person_id} />
      <${Field} ...${at("due_on")} type="date" label=${t("reviews.actionDue")} min=${today()} required />
    </div>`;

  async function submit(fields) {
    const given = nested(fields);
    const sent = {
      held_on: given.held_on,
      good: sideOf(given.good),
      improve: sideOf(given.improve),
      expectations: textOr(given.expectations),
      actions: agreedOf(given.actions),
    };
    const done = await save(() => create(`/v1/reviews/${review.id}/interview`, sent, { key: key.current, etag }), { sent });
    if (!done) key.current = crypto.randomUUID();
  }
  return html`
    <${Form} onSubmit=${submit} failure=${failure}>
      <${Field} name="held_on" type="date" label=${t("reviews.heldOn")} defaultValue=${today()} max=${today()} required />
      <${Rows} what="good" title=${t("reviews.good")} add=${t("reviews.addGood")} begin=${1} fields=${caseFields} />
      <${Rows} what="improve" title=${t("reviews.improve")} add=${t("reviews.addImprove")} fields=${caseFields} />
      <${TextArea} name="expectations" label=${t("reviews.expectations")} />
      <${Rows} what="actions" title=${t("reviews.agreed")} add=${t("reviews.addAction")} most=${MOST_ACTIONS} fields=${actionFields} />
      <${Alert}>${saidOf(failure)}<//>
      <div class="row"><${Button} type="submit" primary>${t("reviews.form.interview")}<//></div>
    <//>`;
}

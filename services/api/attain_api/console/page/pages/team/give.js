// Praise, which the whole company sees, and feedback, which only those concerned do; either rests on a case (CULT-1, CULT-2).

import { create, get, mayBeDone, whereAllowed } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Dialog } from "../../components/dialog.js";
import { Button, Field, Form, Select, TextArea } from "../../components/form.js";
import { Alert } from "../../components/states.js";
import { today } from "../../format.js";
import { language, t } from "../../language.js";
import { useColleagues } from "../../names.js";
import { html, useRef, useState } from "../../view.js";

const KINDS = ["positive", "constructive", "negative"];

function PersonSelect({ me, pointer }) {
  const others = useColleagues().all.filter(({ id, status }) => id !== me.person_id && status === "employed");
  const told = ({ name, department_name: department }) => (department ? `${name} · ${department}` : name);
  const options = [["", ""], ...others.map((person) => [person.id, told(person)])];
  return html`<${Select} name="person_id" label=${t("team.toWhom")} options=${options} pointer=${pointer} required />`;
}

const Case = () => html`
  <${TextArea} name="behaviour" label=${t("team.behaviour")} pointer="/case/behaviour" required />
  <${TextArea} name="consequence" label=${t("team.consequence")} pointer="/case/consequence" required />
  <${Field} name="on" type="date" label=${t("team.on")} value=${today()} max=${today()} required />`;

/** A dialog that creates something once, however often it is sent. */
function Giving({ title, note, path, bodyOf, onClose, onGiven, children }) {
  const [failure, setFailure] = useState(null);
  const key = useRef(crypto.randomUUID());
  async function submit({ behaviour, consequence, ...values }) {
    setFailure(null);
    try {
      await create(path, bodyOf({ ...values, case: { behaviour, consequence } }), { key: key.current });
      await onGiven();
    } catch (fault) {
      if (!mayBeDone(fault)) key.current = crypto.randomUUID();
      setFailure(fault);
    }
  }
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <${Form} onSubmit=${submit} failure=${failure}>
        <p class="muted">${note}</p>
        ${children}
        <${Alert}>${failure && [failure.message, ...(failure.errors ?? []).map(({ detail }) => detail)].join(" ")}<//>
        <div class="row"><${Button} type="submit" primary>${title}<//></div>
      <//>
    <//>`;
}

function ValueSelect() {
  const asked = useAsked(() => whereAllowed(get("/v1/values", { is_active: true, limit: 100 }), { items: [] }), []);
  const named = (asked.data?.items ?? []).map((value) => [value.id, value[`name_${language}`]]);
  return html`<${Select} name="value_id" label=${t("team.value")} options=${[["", t("team.noValue")], ...named]} />`;
}

export function GivePraise({ me, ...rest }) {
  const bodyOf = ({ person_id: person, value_id: value, ...body }) => ({ ...body, kind: "praise", person_ids: [person], value_id: value || null });
  return html`
    <${Giving} title=${t("team.givePraise")} note=${t("team.praiseNote")} path="/v1/recognitions" bodyOf=${bodyOf} ...${rest}>
      <${PersonSelect} me=${me} pointer="/person_ids/0" /><${Case} /><${ValueSelect} />
    <//>`;
}

export const GiveFeedback = ({ me, ...rest }) => html`
  <${Giving} title=${t("team.giveFeedback")} note=${t("team.feedbackNote")} path="/v1/feedback" bodyOf=${(body) => body} ...${rest}>
    <${PersonSelect} me=${me} />
    <${Select} name="kind" label=${t("team.kind")} options=${KINDS.map((kind) => [kind, t(`team.feedback.${kind}`)])} />
    <${Case} />
  <//>`;

// The actions on a review that lead it on; what needs words asks for them first (REV-6).

import { send } from "../../api.js";
import { Dialog } from "../../components/dialog.js";
import { Button, Form, Select, TextArea } from "../../components/form.js";
import { Alert } from "../../components/states.js";
import { t } from "../../language.js";
import { html, useState } from "../../view.js";
import { SCALE } from "./goal_fields.js";
import { saidOf, textOr, useSaving } from "./saving.js";

const SHOWN = ["approve", "acknowledge", "uphold", "change", "return", "appeal", "delegate", "cancel"];
const LEADS_ON = ["approve", "acknowledge"];
const AT_ONCE = ["approve", "acknowledge"];

const bodies = {
  change: ({ rating, reason }) => ({ rating, reason: textOr(reason) }),
  delegate: ({ to_person_id: person, reason }) => ({ to_person_id: person, reason: textOr(reason) }),
};

function Asking({ action, review, names, failure, onClose, onSubmit }) {
  const others = names.all.filter(({ id, status }) => id !== review.person_id && status === "employed");
  const people = [["", ""], ...others.map(({ id, name }) => [id, name])];
  return html`
    <${Dialog} title=${t(`reviews.action.${action}`)} onClose=${onClose}>
      <${Form} onSubmit=${onSubmit} failure=${failure}>
        ${action === "delegate" && html`<${Select} name="to_person_id" label=${t("reviews.toWhom")} options=${people} required />`}
        ${action === "change" && html`<${Select} name="rating" label=${t("reviews.newRating")} options=${SCALE} required />`}
        <${TextArea} name="reason" label=${t("reviews.reason")} required />
        <${Alert}>${saidOf(failure)}<//>
        <div class="row"><${Button} type="submit" primary>${t(`reviews.action.${action}`)}<//></div>
      <//>
    <//>`;
}

export function Actions({ review, etag, again, names }) {
  const [asking, setAsking] = useState(null);
  const { failure, save } = useSaving(again);
  const act = async (action, values = {}) => {
    const body = bodies[action]?.(values) ?? { reason: textOr(values.reason) };
    const done = await save(() => send("POST", `/v1/reviews/${review.id}/actions/${action}`, body, { etag }), { sent: body });
    if (done) setAsking(null);
  };
  const press = (action) => (AT_ONCE.includes(action) ? act(action) : setAsking(action));
  const actions = SHOWN.filter((action) => review.allowed_actions.includes(action));
  if (!actions.length) return null;
  return html`
    <div class="actions">
      ${actions.map((action) => html`
        <${Button} key=${action} primary=${LEADS_ON.includes(action)} danger=${action === "cancel"} onClick=${() => press(action)}>
          ${t(`reviews.action.${action}`)}
        <//>`)}
    </div>
    ${!asking && html`<${Alert}>${failure && [failure.message, ...(failure.errors ?? []).map(({ detail }) => detail)].join(" ")}<//>`}
    ${asking && html`<${Asking} ...${{ action: asking, review, names, failure }} onClose=${() => setAsking(null)} onSubmit=${(values) => act(asking, values)} />`}`;
}

// What the caller may do with a goal now; what needs a reason asks for it first.

import { send } from "../../api.js";
import { Dialog } from "../../components/dialog.js";
import { Button, Form, TextArea } from "../../components/form.js";
import { announce } from "../../components/page.js";
import { Alert } from "../../components/states.js";
import { t } from "../../language.js";
import { html, useState } from "../../view.js";

const SHOWN = ["submit", "adjust", "confirm", "return", "close", "cancel"];
const LEADS_ON = ["submit", "adjust", "confirm"];
const NEED_REASON = ["return", "cancel", "close"];

const AskReason = ({ action, failure, onClose, onSubmit }) => html`
  <${Dialog} title=${t(`goals.action.${action}`)} onClose=${onClose}>
    <${Form} onSubmit=${onSubmit} failure=${failure}>
      <${TextArea} name="reason" label=${t("goals.reason")} required />
      <${Alert}>${failure?.message}<//>
      <div class="row"><${Button} type="submit" primary>${t(`goals.action.${action}`)}<//></div>
    <//>
  <//>`;

/** `again` asks for the goal anew, which has other actions then. */
export function Actions({ goal, etag, again }) {
  const [asking, setAsking] = useState(null);
  const [failure, setFailure] = useState(null);

  async function act(action, body = {}) {
    setFailure(null);
    try {
      await send("POST", `/v1/goals/${goal.id}/actions/${action}`, body, { etag });
      setAsking(null);
      announce(t("shell.saved"));
    } catch (fault) {
      setFailure(fault.code === "stale" ? new Error(t("shell.stale")) : fault);
      if (fault.code !== "stale") return;
    }
    await again();
  }
  const press = (action) => (NEED_REASON.includes(action) ? setAsking(action) : act(action));
  const isAgreed = goal.agreed_at !== null; // it could be agreed on again, to no effect
  const actions = SHOWN.filter((action) => goal.allowed_actions.includes(action) && !(isAgreed && action === "adjust"));
  return html`
    ${actions.map((action) => html`
      <${Button} key=${action} primary=${LEADS_ON.includes(action)} danger=${action === "cancel"} onClick=${() => press(action)}>
        ${t(`goals.action.${action}`)}
      <//>`)}
    ${!asking && html`<${Alert}>${failure?.message}<//>`}
    ${asking && html`
      <${AskReason} action=${asking} failure=${failure} onClose=${() => setAsking(null)} onSubmit=${(values) => act(asking, values)} />`}`;
}

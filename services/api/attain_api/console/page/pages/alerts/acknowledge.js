// Take an alert on, and say what is about to be done.

import { read, send } from "../../api.js";
import { Dialog } from "../../components/dialog.js";
import { Button, Form, TextArea } from "../../components/form.js";
import { announce } from "../../components/page.js";
import { Alert } from "../../components/states.js";
import { t } from "../../language.js";
import { html, useState } from "../../view.js";

/** Whether somebody else was faster since the list was shown. */
const isTakenSince = (shown, now) => now.acknowledged_at !== shown.acknowledged_at || now.state !== shown.state;

export function Acknowledge({ alert, onClose, again }) {
  const [failure, setFailure] = useState(null);
  const path = `/v1/alerts/${alert.id}`;
  async function submit({ comment }) {
    setFailure(null);
    try {
      const { body: now, etag } = await read(path);
      if (isTakenSince(alert, now)) throw new Error(t("shell.stale"));
      await send("POST", `${path}/actions/acknowledge`, { comment: comment.trim() || null }, { etag });
      onClose();
      announce(t("shell.saved"));
    } catch (fault) {
      setFailure(fault);
    }
    await again();
  }
  return html`
    <${Dialog} title=${t("alerts.acknowledge")} onClose=${onClose}>
      <${Form} onSubmit=${submit} failure=${failure}>
        <${TextArea} name="comment" label=${t("alerts.comment")} hint=${t("alerts.commentHint")} />
        <${Alert}>${failure?.message}<//>
        <div class="row"><${Button} type="submit" primary>${t("alerts.acknowledge")}<//></div>
      <//>
    <//>`;
}

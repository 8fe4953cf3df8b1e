// What was said to a check-in, by whoever reads it and its writer.

import { create, mayBeDone } from "../../api.js";
import { Button, Form, TextArea } from "../../components/form.js";
import { Section, announce } from "../../components/page.js";
import { Alert } from "../../components/states.js";
import { instant } from "../../format.js";
import { t } from "../../language.js";
import { useColleagues } from "../../names.js";
import { html, useRef, useState } from "../../view.js";

function Say({ checkIn, again }) {
  const [failure, setFailure] = useState(null);
  const key = useRef(crypto.randomUUID());
  async function say({ text }, form) {
    setFailure(null);
    try {
      await create(`/v1/check-ins/${checkIn.id}/comments`, { text }, { key: key.current });
      form.reset();
      announce(t("shell.saved"));
    } catch (fault) {
      if (!mayBeDone(fault)) key.current = crypto.randomUUID();
      return setFailure(fault);
    }
    key.current = crypto.randomUUID();
    await again();
  }
  return html`
    <${Form} onSubmit=${say} failure=${failure}>
      <${TextArea} name="text" label=${t("checkins.toSay")} maxlength="4000" required />
      <${Alert}>${failure?.message}<//>
      <div class="row"><${Button} type="submit">${t("checkins.say")}<//></div>
    <//>`;
}

export function Comments({ checkIn, comments, again }) {
  const { name } = useColleagues();
  return html`
    <${Section} title=${t("checkins.commentsTitle")}>
      <div class="stack">
        ${comments.length === 0 && html`<p class="muted">${t("checkins.noComments")}</p>`}
        <ul class="recognitions">
          ${comments.map((one) => html`
            <li key=${one.id}>
              <p>${one.text}</p>
              <p class="muted">${t("checkins.byAt", { name: name(one.author_id), at: instant(one.created_at) })}</p>
            </li>`)}
        </ul>
        ${checkIn.allowed_actions.includes("comment") && html`<${Say} checkIn=${checkIn} again=${again} />`}
      </div>
    <//>`;
}

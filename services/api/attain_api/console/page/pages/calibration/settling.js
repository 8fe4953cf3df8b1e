// Locking, opening again and publishing a group; where it breaks its limits or members are missing, by a stated exception.

import { send } from "../../api.js";
import { Dialog } from "../../components/dialog.js";
import { Button, Form, TextArea } from "../../components/form.js";
import { Section, announce } from "../../components/page.js";
import { Alert, Notice } from "../../components/states.js";
import { instant } from "../../format.js";
import { t } from "../../language.js";
import { useColleagues } from "../../names.js";
import { html, useState } from "../../view.js";

/** What an exception lets pass. */
const EXCEPTED = ["distribution-violated", "members-missing"];

const AskWords = ({ action, failure, onClose, onSubmit }) => html`
  <${Dialog} title=${t(`calibration.${action}`)} onClose=${onClose}>
    <${Form} onSubmit=${({ words }) => onSubmit(words.trim())} failure=${failure}>
      <${TextArea} name="words" label=${t(action === "unlock" ? "reviews.reason" : "calibration.exception")} required />
      <${Alert}>${failure?.message}<//>
      <div class="row"><${Button} type="submit" primary>${t(`calibration.${action}`)}<//></div>
    <//>
  <//>`;

const Mark = ({ mark, what, names }) =>
  mark && html`<p>${t(`calibration.${what}By`, { name: names.name(mark.by), at: instant(mark.at) })} ${mark.exception && html`<em>${mark.exception}</em>`}</p>`;

const missingIn = ({ missing }) =>
  Object.entries(missing).map(([step, count]) => `${t(`reviews.step.${step}`)} ${count}`).join(t("domain.listed"));

export function Settling({ group, path, again, hasChanges }) {
  const names = useColleagues();
  const [asking, setAsking] = useState(null);
  const [failure, setFailure] = useState(null);

  async function act(action, words) {
    setFailure(null);
    const said = action === "unlock" ? { reason: words } : { exception: words ?? null };
    try {
      await send("POST", `${path}/${action}`, { group_id: group.group_id, ...said });
    } catch (fault) {
      setFailure(fault);
      return setAsking(EXCEPTED.includes(fault.code) || asking ? action : null);
    }
    setAsking(null);
    announce(t("shell.saved"));
    await again();
  }
  const missing = missingIn(group);
  return html`
    <${Section} title=${t("calibration.settle")}>
      <div class="stack">
        ${missing && html`<${Notice} tone="plain">${t("calibration.missing", { missing })}<//>`}
        <${Mark} mark=${group.lock} what="locked" names=${names} />
        <${Mark} mark=${group.publication} what="published" names=${names} />
        <div class="actions">
          ${!group.locked && html`<${Button} primary disabled=${hasChanges} onClick=${() => act("lock")}>${t("calibration.lock")}<//>`}
          ${group.locked && html`<${Button} primary onClick=${() => act("publish")}>${t("calibration.publish")}<//>`}
          ${group.locked && html`<${Button} onClick=${() => setAsking("unlock")}>${t("calibration.unlock")}<//>`}
        </div>
        ${hasChanges && html`<p class="muted">${t("calibration.storeFirst")}</p>`}
        ${!asking && html`<${Alert}>${failure?.message}<//>`}
        ${asking && html`
          <${AskWords} action=${asking} failure=${failure} onClose=${() => setAsking(null)} onSubmit=${(words) => act(asking, words)} />`}
      </div>
    <//>`;
}

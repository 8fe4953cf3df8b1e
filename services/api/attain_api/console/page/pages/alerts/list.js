// The alerts, one by one: how grave, about what, whose, and what is to be done.

import { Badge } from "../../components/badge.js";
import { Button } from "../../components/form.js";
import { More } from "../../components/page.js";
import { Empty } from "../../components/states.js";
import { instant } from "../../format.js";
import { t } from "../../language.js";
import { useColleagues, useNames } from "../../names.js";
import { html, useState } from "../../view.js";
import { Acknowledge } from "./acknowledge.js";
import { about, told } from "./wording.js";

const TONES = { critical: ["bad", "warn"], warning: ["warn", "warn"], info: ["plain", "question"] };

const Severity = ({ code }) => html`<${Badge} tone=${TONES[code][0]} icon=${TONES[code][1]}>${t(`alerts.severity.${code}`)}<//>`;

const Taken = ({ alert, nameOf }) => html`
  <p>
    <${Badge} tone="ok" icon="check">${t("alerts.acknowledgedBy", { name: nameOf(alert.acknowledged_by), at: instant(alert.acknowledged_at) })}<//>
    ${alert.comment && html` ${alert.comment}`}
  </p>`;

function One({ alert, names, nameOf, subjects, onAcknowledge }) {
  const title = about(alert, names, subjects, nameOf);
  const cleared = alert.cleared_at && t("alerts.clearedAt", { at: instant(alert.cleared_at) });
  return html`
    <li class="card alert-card">
      <p class="badges"><${Severity} code=${alert.severity} /><span class="muted">${t(`alerts.kind.${alert.kind}`)}</span></p>
      <h2>${title.href ? html`<a href=${title.href}>${title.text}</a>` : title.text}</h2>
      <p>${told(alert, names)}</p>
      <p class="muted">
        ${[t("alerts.raisedAt", { at: instant(alert.raised_at) }), cleared, t("alerts.ownedBy", { name: alert.owner_id ? nameOf(alert.owner_id) : t("alerts.administrators") })].filter(Boolean).join(" · ")}
      </p>
      ${alert.playbook && html`<${More} title=${t("alerts.playbook")}><p class="text">${alert.playbook}</p><//>`}
      ${alert.acknowledged_at && html`<${Taken} alert=${alert} nameOf=${nameOf} />`}
      ${alert.allowed_actions.includes("acknowledge") && html`
        <p>
          <${Button} aria-label=${t("alerts.acknowledgeOf", { title: title.text })} onClick=${() => onAcknowledge(alert)}>
            ${t(alert.acknowledged_at ? "alerts.takeOver" : "alerts.acknowledge")}
          <//>
        </p>`}
    </li>`;
}

export function AlertList({ alerts, subjects, again }) {
  const names = useNames();
  const { name: nameOf } = useColleagues();
  const [taking, setTaking] = useState(null);
  if (!alerts.length) return html`<${Empty} title=${t("alerts.none")}>${t("alerts.noneHint")}<//>`;
  return html`
    <ul class="alerts">
      ${alerts.map((alert) => html`
        <${One} key=${alert.id} alert=${alert} names=${names} nameOf=${nameOf} subjects=${subjects} onAcknowledge=${setTaking} />`)}
    </ul>
    ${taking && html`<${Acknowledge} alert=${taking} onClose=${() => setTaking(null)} again=${again} />`}`;
}

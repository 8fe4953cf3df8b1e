// Praise and awards, as the whole company sees them.

import { day } from "../format.js";
import { t } from "../language.js";
import { useColleagues } from "../names.js";
import { html } from "../view.js";
import { Badge } from "./badge.js";

/** `<${Recognitions} of=${items} />`: whom each is to, for what, and by whom. */
export function Recognitions({ of }) {
  const { name } = useColleagues();
  return html`
    <ul class="recognitions">
      ${of.map((one) => html`
        <li key=${one.id}>
          <p class="badges">
            <strong>${one.person_ids.map(name).join(t("domain.listed"))}</strong>
            <${Badge} tone=${one.kind === "award" ? "accent" : "ok"} icon="star">${one.name ?? t("domain.praise")}<//>
          </p>
          <p>${one.case.behaviour}</p>
          <p>${one.case.consequence}</p>
          <p class="muted">${t("domain.byOn", { name: name(one.author_id), day: day(one.on) })}</p>
        </li>`)}
    </ul>`;
}

// The smallest change that would meet the limits (REV-8), to be taken over into the ratings and looked at there.

import { Button } from "../../components/form.js";
import { Section } from "../../components/page.js";
import { score } from "../../format.js";
import { t } from "../../language.js";
import { html } from "../../view.js";

export function Proposal({ group, onTake }) {
  const { proposal, members } = group;
  if (!proposal?.length || group.locked) return null;
  const name = (id) => members?.find(({ review_id: one }) => one === id)?.name ?? "";
  return html`
    <${Section} title=${t("calibration.proposal")} note=${t("calibration.proposalNote")}>
      <ul class="lines">
        ${proposal.map((move) => html`
          <li key=${move.review_id}><span>${name(move.review_id)}</span>
            <span>${t("calibration.move", { before: score(move.before), after: score(move.after) })}</span></li>`)}
      </ul>
      <p class="answer"><${Button} onClick=${() => onTake(proposal)}>${t("calibration.take")}<//></p>
    <//>`;
}

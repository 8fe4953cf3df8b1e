// One goal of a cascade: whose it is, its target and the share of the one above, and how it stands.

import { GoalState, Status } from "../../components/badge.js";
import { Meter } from "../../components/figures.js";
import { Button } from "../../components/form.js";
import { drawn, percent, ratio, score, spanOf } from "../../format.js";
import { t } from "../../language.js";
import { useNames } from "../../names.js";
import { to } from "../../router.js";
import { html, useState } from "../../view.js";
import { said, targetOf } from "../goals/indicator.js";
import { toneOf } from "../goals/tones.js";
import { Gap } from "./gap.js";

const isSame = (one) => (other) => other.metric === one.metric && other.dimension === one.dimension && other.item_set_id === (one.item_set?.id ?? null);

/** What a target is of that of the goal above, where both measure the same and it adds up. */
function shareOf(indicator, aboveSums) {
  const whole = indicator.kind === "metric" && aboveSums?.metrics.find(isSame(indicator));
  const share = whole && indicator.target && ratio(indicator.target, whole.target);
  return share ? t("company.shareOfAbove", { share: percent(share) }) : null;
}

/** Where the target may not be seen there is none. */
const target = (indicator, write) => (indicator.target || indicator.band ? targetOf(indicator, write) : null);

function Targets({ goal, aboveSums }) {
  const names = useNames();
  const told = goal.indicators.map((one) => ({ ...said(one, names), one }));
  return told.map(({ title, write, one }) => {
    const [figure, share] = [target(one, write), shareOf(one, aboveSums)];
    return figure && html`<span class="muted">${title} ${figure}${share && ` · ${share}`}</span>`;
  });
}

/** The least of what its indicators have attained. */
const least = (attainments) =>
  attainments.filter((one) => one !== null).reduce((low, one) => (low === null || drawn(one) < drawn(low) ? one : low), null);

function Standing({ standing }) {
  const reached = least(standing.attainments);
  return html`
    <${Status} code=${standing.status} />
    <span>${t("domain.score")} <strong>${spanOf(standing, "score", score)}</strong></span>
    ${reached !== null && html`<span class="attained">${percent(reached)} <${Meter} value=${reached} tone=${toneOf(standing.status)} /></span>`}`;
}

const measuresSales = ({ indicators, masked }) => masked.length === 0 && indicators.some(({ metric }) => metric === "gmv");

/** `aboveSums` is what the cascade says of the goal above. */
export function GoalLine({ goal, owner, standing, aboveSums }) {
  const [isOpen, setOpen] = useState(false);
  return html`
    <div class="goal-line">
      <p><strong>${owner}</strong> · <a href=${to("goals", goal.id)}>${goal.title}</a></p>
      <p class="badges">
        ${standing && html`<${Standing} standing=${standing} />`}
        ${goal.state !== "confirmed" && html`<${GoalState} code=${goal.state} />`}
        ${measuresSales(goal) && html`
          <${Button} quiet aria-label=${t("company.whyChangedOf", { title: goal.title, owner })} onClick=${() => setOpen(true)}>
            ${t("company.whyChanged")}
          <//>`}
      </p>
      <p class="badges"><${Targets} goal=${goal} aboveSums=${aboveSums} /></p>
      ${isOpen && html`<${Gap} goal=${goal} onClose=${() => setOpen(false)} />`}
    </div>`;
}

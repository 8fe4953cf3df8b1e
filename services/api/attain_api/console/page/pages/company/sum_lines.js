// Whether the targets below a goal add up to its own (GOAL-11).

import { Badge } from "../../components/badge.js";
import { drawn, inUnit, percent } from "../../format.js";
import { t } from "../../language.js";
import { useNames } from "../../names.js";
import { html } from "../../view.js";

function Sum({ one, names }) {
  const { label, unit } = names.metric(one.metric);
  const isReached = drawn(one.gap) >= 0;
  const values = { count: one.children, metric: label, sum: inUnit(one.children_target, unit), share: percent(one.stretch) };
  return html`
    <p class="badges">
      <${Badge} tone=${isReached ? "ok" : "warn"} icon=${isReached ? "check" : "warn"}>
        ${t(isReached ? "company.addsUp" : "company.fallsShort")}
      <//>
      <span class="muted">${t(one.stretch ? "company.sumShare" : "company.sum", values)}</span>
    </p>`;
}

export function Sums({ parent }) {
  const names = useNames();
  return parent.metrics.map((one) => html`<${Sum} key=${`${one.metric} ${one.dimension}`} one=${one} names=${names} />`);
}

// How a group's ratings are spread over the scale, and what its limits are (REV-8); bars, and the same in numbers.

import { Section } from "../../components/page.js";
import { Notice } from "../../components/states.js";
import { Badge } from "../../components/badge.js";
import { Table } from "../../components/table.js";
import { drawn, score } from "../../format.js";
import { t } from "../../language.js";
import { html } from "../../view.js";

const partOf = (step) => (drawn(step) >= 4 ? "top" : drawn(step) >= 3.75 ? "upper" : drawn(step) <= 3.25 ? "lower" : "middle");

const Steps = ({ steps }) => {
  const all = Object.entries(steps).sort(([one], [other]) => drawn(other) - drawn(one));
  const most = Math.max(1, ...all.map(([, count]) => count));
  return html`
    <ul class="steps" aria-label=${t("calibration.spread")}>
      ${all.map(([step, count]) => html`
        <li key=${step} class=${partOf(step)}>
          <strong>${score(step)}</strong>
          <svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true"><rect width=${(count / most) * 100} height="14" rx="2" /></svg>
          <span class="number">${count}</span>
        </li>`)}
    </ul>`;
};

const rowsOf = ({ distribution, limits, violations }) => {
  const by = Object.fromEntries(violations.map((one) => [one.limit, one.by]));
  return [
    { part: "top", count: distribution.top, limit: t("calibration.atMost", { count: limits.most_top }), by: by.top },
    { part: "upper", count: distribution.upper, limit: t("calibration.atMost", { count: limits.most_upper }), by: by.upper },
    { part: "middle", count: distribution.middle, limit: t("calibration.about", { count: limits.about_middle }) },
    { part: "lower", count: distribution.lower, limit: t("calibration.atLeast", { count: limits.least_lower }), by: by.lower, isShort: distribution.lower < limits.least_lower },
  ];
};

/** Too few are no violation as long as others are still to come. */
function Verdict({ part, by, isShort }) {
  if (by) return html`<${Badge} tone="bad" icon="warn">${t(part === "lower" ? "calibration.tooFew" : "calibration.tooMany", { count: by })}<//>`;
  if (isShort) return html`<${Badge} icon="clock">${t("calibration.toCome")}<//>`;
  return html`<${Badge} tone="ok" icon="check">${t("calibration.kept")}<//>`;
}

/** `group` as it is, or as ratings that are not stored yet would make it. */
export function Distribution({ group, isPreview }) {
  if (!group.distribution) return null;
  const columns = [
    { title: t("calibration.part"), head: true, cell: ({ part }) => t(`calibration.parts.${part}`) },
    { title: t("calibration.count"), number: true, cell: ({ count }) => count },
    { title: t("calibration.limit"), cell: ({ limit }) => limit },
    { title: t("calibration.keeps"), cell: (row) => (row.part === "middle" ? "" : html`<${Verdict} ...${row} />`) },
  ];
  return html`
    <${Section} title=${t("calibration.spread")} note=${t("calibration.hereOf", { here: group.in_calibration, size: group.size })}>
      <div class="stack">
        ${isPreview && html`<${Notice} tone="plain">${t("calibration.preview")}<//>`}
        ${group.advice_only && html`<${Notice} tone="plain">${t("calibration.advice")}<//>`}
        ${group.without_own && html`<${Notice} tone="plain">${t("calibration.withoutOwn")}<//>`}
        <div class="pair">
          <${Steps} steps=${group.distribution.steps} />
          ${group.limits && html`<${Table} caption=${t("calibration.limits")} columns=${columns} rows=${rowsOf(group)} keyOf=${({ part }) => part} />`}
        </div>
      </div>
    <//>`;
}

// The groups of a round that the caller calibrates, and which of them break their limits.

import { list } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Badge } from "../../components/badge.js";
import { Section } from "../../components/page.js";
import { Asked, Empty } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { t } from "../../language.js";
import { useLive } from "../../live.js";
import { to } from "../../router.js";
import { html } from "../../view.js";

export const nameOf = (group) => group.name ?? t("calibration.noDepartment");

/** Whether a group keeps to its limits, in words. */
export const Kept = ({ group }) =>
  group.violations.length
    ? html`<${Badge} tone=${group.advice_only ? "warn" : "bad"} icon="warn">${t("calibration.broken", { count: group.violations.length })}<//>`
    : html`<${Badge} tone="ok" icon="check">${t("calibration.kept")}<//>`;

/** Where a group is: open, locked, or published. */
export function State({ group }) {
  if (group.published) return html`<${Badge} tone="ok" icon="check">${t("calibration.published")}<//>`;
  if (group.locked) return html`<${Badge} tone="accent" icon="check">${t("calibration.locked")}<//>`;
  return html`<${Badge} icon="pen">${t("calibration.open")}<//>`;
}

export function Groups({ round }) {
  const asked = useAsked(() => list(`/v1/review-cycles/${round.id}/calibration`), [round.id]);
  useLive(["review.step_changed"], () => asked.again());
  const columns = [
    { title: t("calibration.group"), head: true, cell: (group) => html`<a href=${to("calibration", round.id, group.group_id)}>${nameOf(group)}</a>` },
    { title: t("calibration.here"), number: true, cell: (group) => t("calibration.hereOf", { here: group.in_calibration, size: group.size }) },
    { title: t("calibration.limits"), cell: (group) => html`<${Kept} group=${group} />` },
    { title: t("domain.state"), cell: (group) => html`<${State} group=${group} />` },
  ];
  return html`
    <${Section} title=${round.name}>
      <${Asked} of=${asked}>
        ${(groups) => groups.length
          ? html`<${Table} caption=${t("calibration.groups")} columns=${columns} rows=${groups} keyOf=${({ group_id: id }) => id} />`
          : html`<${Empty} title=${t("calibration.noGroups")} />`}
      <//>
    <//>`;
}

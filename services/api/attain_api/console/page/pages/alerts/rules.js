// The rules that raise alerts (CULT-5), to be read: what is watched, where, who sees to it, and what is then to be done.

import { Section } from "../../components/page.js";
import { Table } from "../../components/table.js";
import { percent } from "../../format.js";
import { t } from "../../language.js";
import { useColleagues, useNames } from "../../names.js";
import { html } from "../../view.js";

function watched({ condition }, names) {
  const { kind, metric, by, days, above } = condition;
  const values = { metric: metric && names.metric(metric).label, by: by && percent(by), days, above: above && percent(above) };
  return t(`alerts.watches.${kind}`, values);
}

/** The shops or departments that it is narrowed to. */
function scope({ condition: { shop_ids: shops, department_ids: departments } }, names, subjects) {
  if (shops) return shops.map(names.shop).join(t("domain.listed"));
  if (!departments) return t("alerts.everywhere");
  return departments.map((id) => subjects?.departments.get(id)?.name ?? t("domain.department")).join(t("domain.listed"));
}

export function Rules({ rules, subjects }) {
  const names = useNames();
  const colleagues = useColleagues();
  const columns = [
    { title: t("alerts.rule"), head: true, cell: ({ name }) => name },
    { title: t("alerts.watched"), cell: (rule) => watched(rule, names) },
    { title: t("alerts.where"), cell: (rule) => scope(rule, names, subjects) },
    { title: t("alerts.grave"), cell: ({ severity }) => t(`alerts.severity.${severity}`) },
    { title: t("alerts.owner"), cell: ({ owner_id: id }) => (id ? colleagues.name(id) : t("alerts.byDefault")) },
    { title: t("alerts.playbook"), cell: ({ playbook }) => playbook },
    { title: t("alerts.active"), cell: ({ is_active: isActive }) => t(isActive ? "alerts.yes" : "alerts.no") },
  ];
  return html`
    <${Section} title=${t("alerts.rules")} note=${t("alerts.rulesNote")}>
      <${Table} caption=${t("alerts.rules")} columns=${columns} rows=${rules} keyOf=${({ id }) => id} />
    <//>`;
}

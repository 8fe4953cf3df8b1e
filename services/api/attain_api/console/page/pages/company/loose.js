// Goals that are loose in a cascade: below none, or with others below them and nobody who answers for them.

import { More, Section } from "../../components/page.js";
import { Table } from "../../components/table.js";
import { t } from "../../language.js";
import { useColleagues } from "../../names.js";
import { to } from "../../router.js";
import { html } from "../../view.js";

const columns = (nameOf) => [
  { title: t("domain.goal"), head: true, cell: ({ goal_id: id, title }) => html`<a href=${to("goals", id)}>${title}</a>` },
  { title: t("company.owner"), cell: ({ owner }) => nameOf(owner) },
  { title: t("company.reason"), cell: ({ reason }) => t(`company.loose.${reason}`) },
];

export function Loose({ sums: { orphans, unowned, isWhole }, departments }) {
  const colleagues = useColleagues();
  if (!orphans.length && !unowned.length) return null;
  const nameOf = ({ type, id }) => (type === "department" ? departments.get(id)?.name : colleagues.name(id));
  const table = (title, goals) => html`
    <${More} title=${t(isWhole ? "company.counted" : "company.moreThan", { title, count: goals.length })}>
      <${Table} caption=${title} columns=${columns(nameOf)} rows=${goals} keyOf=${({ goal_id: id }) => id} />
    <//>`;
  return html`
    <${Section} title=${t("company.looseTitle")} note=${t("company.looseNote")}>
      ${unowned.length > 0 && table(t("company.unowned"), unowned)}
      ${orphans.length > 0 && table(t("company.orphans"), orphans)}
    <//>`;
}

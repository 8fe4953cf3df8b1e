// The departments, nested, with the figures that the caller may see of each.

import { Section } from "../../components/page.js";
import { percent } from "../../format.js";
import { t } from "../../language.js";
import { useColleagues } from "../../names.js";
import { to } from "../../router.js";
import { html } from "../../view.js";

/** All departments of a tree. */
export const flat = (nodes) => nodes.flatMap((node) => [node, ...flat(node.children)]);

const Figures = ({ of: { subtree } }) => html`
  <span class="muted">
    ${subtree.headcount_plan === null
      ? t("company.headcountOf", { count: subtree.headcount })
      : t("company.headcountPlan", { count: subtree.headcount, plan: subtree.headcount_plan })}
    ${subtree.turnover !== null && ` · ${t("company.turnover")} ${percent(subtree.turnover)}`}
  </span>`;

const Level = ({ nodes, figures, cycle, nameOf }) => html`
  <ul class="departments">
    ${nodes.map((node) => html`
      <li key=${node.id}>
        <div class="department">
          <a href=${to("company", node.id, { cycle: cycle?.id })}>${node.name}</a>
          ${node.head_id && html`<span class="muted">${nameOf(node.head_id)}</span>`}
          ${figures.has(node.id) && html`<${Figures} of=${figures.get(node.id)} />`}
        </div>
        ${node.children.length > 0 && html`<${Level} nodes=${node.children} figures=${figures} cycle=${cycle} nameOf=${nameOf} />`}
      </li>`)}
  </ul>`;

export function DepartmentTree({ departments, figures, cycle }) {
  const { name } = useColleagues();
  return html`
    <${Section} title=${t("company.departments")}>
      <${Level} nodes=${departments} figures=${figures} cycle=${cycle} nameOf=${name} />
    <//>`;
}

// What is known of a department: what it does, who leads it, and its headcount (ORG-5).

import { Facts, Tiles } from "../../components/figures.js";
import { Section } from "../../components/page.js";
import { Notice } from "../../components/states.js";
import { NONE, decimal, percent, period } from "../../format.js";
import { t } from "../../language.js";
import { useColleagues } from "../../names.js";
import { html } from "../../view.js";

export function DepartmentFacts({ department: { function: purpose, head_id: head, duties } }) {
  const { name } = useColleagues();
  return html`
    <${Section} title=${t("domain.department")}>
      <${Facts} of=${[
        [t("company.function"), t(`company.functions.${purpose}`)],
        [t("company.head"), head ? name(head) : NONE],
        [t("company.duties"), duties.join("\n")],
      ]} />
    <//>`;
}

/** Of the plan what is missing, or what is above it. */
function againstPlan({ headcount_plan: plan, vacancies, over_plan: over }) {
  if (plan === null) return null;
  return over > 0 ? t("company.overPlan", { plan, over }) : t("company.ofPlan", { plan, vacancies });
}

export const Headcount = ({ figures: { own, subtree }, from, till }) => html`
  <${Section} title=${t("company.headcount")} note=${period(from, till)} plain>
    <${Tiles} of=${[
      { label: t("company.people"), value: String(subtree.headcount), note: againstPlan(subtree) },
      { label: t("company.span"), value: decimal(subtree.span), note: subtree.widest_span && t("company.widest", { count: subtree.widest_span }) },
      { label: t("company.moves"), value: `+${subtree.joiners} / −${subtree.leavers}` },
      { label: t("company.turnover"), value: percent(subtree.turnover) },
    ]} />
    ${own.team_size_advice !== "ok" && own.headcount > 0 && html`<${Notice}>${t(`company.teamSize.${own.team_size_advice}`)}<//>`}
  <//>`;

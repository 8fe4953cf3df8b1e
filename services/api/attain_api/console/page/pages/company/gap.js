// Why a goal's sales differ from an earlier window's: visitors, conversion and order value, shop by shop (GOAL-8).

import { get } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Dialog } from "../../components/dialog.js";
import { Facts } from "../../components/figures.js";
import { Picker } from "../../components/form.js";
import { Asked } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { money, period } from "../../format.js";
import { t } from "../../language.js";
import { useNames } from "../../names.js";
import { html, useState } from "../../view.js";

const WINDOWS = ["previous", "last_year"];
const EFFECTS = ["uv", "conversion", "aov", "other"];

const columns = (names) => [
  { title: t("domain.shop"), head: true, cell: ({ shop_id: id }) => (id ? names.shop(id) : t("company.allShops")) },
  { title: t("company.change"), number: true, cell: ({ change }) => money(change) },
  ...EFFECTS.map((name) => ({ title: t(`company.effect.${name}`), number: true, cell: ({ effects }) => money(effects[name]) })),
];

const Explained = ({ gap, names }) => html`
  <${Facts} of=${[
    [period(gap.before.starts_on, gap.before.ends_on), money(gap.before.gmv)],
    [period(gap.after.starts_on, gap.after.ends_on), money(gap.after.gmv)],
    [t("domain.target"), gap.target && money(gap.target)],
    [t("company.toTarget"), gap.gap_to_target && money(gap.gap_to_target)],
  ]} />
  <${Table} caption=${t("company.byShop")} columns=${columns(names)} rows=${[gap, ...gap.shops]} />`;

export function Gap({ goal, onClose }) {
  const names = useNames();
  const [against, setAgainst] = useState("last_year");
  const asked = useAsked(() => get(`/v1/goals/${goal.id}/gap`, { against }), [against]);
  const options = WINDOWS.map((one) => [one, t(`company.against.${one}`)]);
  return html`
    <${Dialog} title=${t("company.whyChangedTitle", { title: goal.title })} onClose=${onClose}>
      <div class="stack">
        <${Picker} label=${t("company.against.label")} options=${options} value=${against} onPick=${setAgainst} />
        <${Asked} of=${asked}>${(gap) => html`<${Explained} gap=${gap} names=${names} />`}<//>
      </div>
    <//>`;
}

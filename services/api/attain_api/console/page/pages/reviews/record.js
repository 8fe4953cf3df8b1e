// What was done with a review, by whom and why (REV-6).

import { More } from "../../components/page.js";
import { Table } from "../../components/table.js";
import { instant } from "../../format.js";
import { t } from "../../language.js";
import { html } from "../../view.js";

const EVENTS = ["open", "skip", "expire", "leave", "change_manager", "set_rating", "publish", "interview"];
const said = (action) => t(`reviews.${EVENTS.includes(action) ? "event" : "action"}.${action}`);

export function Record({ events, names }) {
  const who = ({ actor_id: id, is_delegate: isDelegate }) => {
    if (id === null) return t("reviews.byItself");
    return isDelegate ? t("reviews.inPlace", { name: names.name(id) }) : names.name(id);
  };
  const columns = [
    { title: t("reviews.at"), head: true, cell: ({ at }) => instant(at) },
    { title: t("reviews.who"), cell: who },
    { title: t("reviews.did"), cell: ({ action }) => said(action) },
    { title: t("reviews.stepTitle"), cell: ({ to_step: step }) => t(`reviews.step.${step}`) },
    { title: t("reviews.why"), cell: ({ reason }) => reason ?? "" },
  ];
  return html`
    <div class="card">
      <${More} title=${t("reviews.record")}>
        <${Table} caption=${t("reviews.record")} columns=${columns} rows=${events} keyOf=${({ id }) => id} />
      <//>
    </div>`;
}

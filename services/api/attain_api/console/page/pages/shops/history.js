// Every value that was ever received for one bucket, and what became of each.

import { list } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Dialog } from "../../components/dialog.js";
import { Asked, Empty } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { day, instant } from "../../format.js";
import { t } from "../../language.js";
import { html } from "../../view.js";

const columns = (write) => [
  { title: t("shops.receivedAt"), head: true, cell: (row) => instant(row.received_at) },
  { title: t("shops.observedAt"), cell: (row) => instant(row.observed_at) },
  { title: t("shops.value"), number: true, cell: (row) => write(row.value) },
  { title: t("shops.finalityTitle"), cell: (row) => t(`shops.finality.${row.finality}`) },
  { title: t("shops.verdictTitle"), cell: (row) => t(`shops.verdict.${row.verdict}`) },
];

export function History({ value, write, onClose }) {
  const { shop_id, metric, grain, bucket } = value;
  const asked = useAsked(() => list("/v1/observations/history", { shop_id, metric, grain, bucket }), [bucket]);
  const title = t("shops.historyOf", { day: day(bucket) });
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <${Asked} of=${asked}>
        ${(rows) =>
          rows.length
            ? html`<${Table} caption=${title} columns=${columns(write)} rows=${rows} keyOf=${(row) => `${row.batch_id} ${row.index}`} />`
            : html`<${Empty} title=${t("shops.noHistory")}>${t("shops.noHistoryHint")}<//>`}
      <//>
    <//>`;
}

// One shop: a metric over time, whether its figures are there and go together, and who delivers them.

import { get } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Badge } from "../../components/badge.js";
import { Facts } from "../../components/figures.js";
import { Page, Section } from "../../components/page.js";
import { Asked, Notice } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { day, inUnit, instant } from "../../format.js";
import { t } from "../../language.js";
import { useNames } from "../../names.js";
import { to } from "../../router.js";
import { html } from "../../view.js";
import { Choice } from "./choice.js";
import { Coverage } from "./coverage.js";
import { Figures } from "./figures.js";
import { Owners } from "./owners.js";
import { askDeliveries, askFigures, chosen } from "./question.js";

const findingColumns = (write) => [
  { title: t("shops.bucket"), head: true, cell: ({ bucket }) => day(bucket) },
  { title: t("shops.finding"), cell: ({ kind }) => t(`domain.finding.${kind}`) },
  { title: t("shops.value"), number: true, cell: ({ value }) => write(value) },
  { title: t("shops.shouldBe"), number: true, cell: ({ expected }) => write(expected) },
  {
    title: t("domain.state"),
    cell: ({ state }) => html`<${Badge} tone=${state === "open" ? "warn" : "ok"} icon=${state === "open" ? "warn" : "check"}>${t(`shops.findingState.${state}`)}<//>`,
  },
];

const Findings = ({ findings, write }) => html`
  <${Section} title=${t("shops.findings")}>
    ${findings.length
      ? html`<${Table} caption=${t("shops.findings")} columns=${findingColumns(write)} rows=${findings} keyOf=${({ id }) => id} />`
      : html`<${Notice} tone="ok">${t("shops.noFindings")}<//>`}
  <//>`;

const deliveryColumns = () => [
  { title: t("shops.connector"), head: true, cell: ({ name }) => name },
  { title: t("shops.delivered"), cell: ({ latest }) => (latest ? instant(latest.stored_at) : t("shops.never")) },
  { title: t("shops.rows"), number: true, cell: ({ latest }) => latest?.received ?? 0 },
  { title: t("domain.state"), cell: ({ latest }) => (latest ? t(`shops.batch.${latest.state}`) : "") },
];

function Deliveries({ shopId }) {
  const asked = useAsked(() => askDeliveries(shopId), [shopId]);
  if (!asked.data?.length) return null;
  return html`
    <${Section} title=${t("shops.deliveries")}>
      <${Table} caption=${t("shops.deliveries")} columns=${deliveryColumns()} rows=${asked.data} keyOf=${({ id }) => id} />
    <//>`;
}

const About = ({ shop }) => html`
  <${Section} title=${t("shops.about")}>
    <${Facts} of=${[
      [t("shops.platformTitle"), t(`shops.platform.${shop.platform}`)],
      [t("shops.externalId"), shop.external_id],
      [t("shops.owners"), html`<${Owners} shopId=${shop.id} />`],
      [t("shops.timezone"), shop.timezone],
      [t("shops.currency"), shop.currency],
    ]} />
  <//>`;

export function ShopPage({ shopId, query }) {
  const names = useNames();
  const question = chosen(query);
  const { label, unit } = names.metric(question.metric);
  const write = (text) => inUnit(text, unit);
  const shop = useAsked(() => get(`/v1/shops/${shopId}`), [shopId]);
  const asked = useAsked(() => askFigures(shopId, question), [shopId, ...Object.values(question)]);
  return html`
    <${Page} title=${shop.data?.name ?? t("domain.shop")} back=${{ href: to("shops"), text: t("shell.nav.shops") }}>
      <${Asked} of=${shop}>
        ${(known) => html`
          <${Choice} shopId=${shopId} question=${question} />
          <${Asked} of=${asked}>
            ${(found) => html`
              <${Figures} found=${found} question=${question} title=${label} write=${write} />
              <${Coverage} values=${found.values} write=${write} />
              <${Findings} findings=${found.findings} write=${write} />`}
          <//>
          <${Deliveries} shopId=${shopId} />
          <${About} shop=${known} />`}
      <//>
    <//>`;
}

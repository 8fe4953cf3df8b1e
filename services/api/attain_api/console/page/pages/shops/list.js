// All shops that the caller sees: whose they are, what they sold lately, and whether their figures come in.

import { get, list } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Page, Section } from "../../components/page.js";
import { Asked, Empty } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { NONE, money, shortDay, span, today } from "../../format.js";
import { t } from "../../language.js";
import { to } from "../../router.js";
import { html } from "../../view.js";
import { moved } from "./days.js";
import { Owners } from "./owners.js";

const DAYS = 7;
const MOST_ASKED = 200; // of one question for values
const MOST_WITH_OWNERS = 30; // owners are asked for shop by shop

async function askShops() {
  const shops = await list("/v1/shops");
  if (!shops.length) return shops;
  const till = moved(today(), { days: -1 });
  const query = { metric: "gmv", grain: "day", from: moved(till, { days: 1 - DAYS }), to: till };
  const { items } = await get("/v1/metric-values", { shop_id: shops.slice(0, MOST_ASKED).map(({ id }) => id), ...query });
  return shops.map((shop) => {
    const days = items.filter((value) => value.shop_id === shop.id && value.coverage.present > 0);
    return { ...shop, present: days.length, latest: days.at(-1) };
  });
}

const columns = (count) => [
  { title: t("domain.shop"), head: true, cell: (shop) => html`<a href=${to("shops", shop.id)}>${shop.name}</a>` },
  { title: t("shops.platformTitle"), cell: (shop) => t(`shops.platform.${shop.platform}`) },
  ...(count <= MOST_WITH_OWNERS ? [{ title: t("shops.owners"), cell: (shop) => html`<${Owners} shopId=${shop.id} />` }] : []),
  {
    title: t("shops.latestSales"),
    number: true,
    cell: ({ latest }) => (latest ? `${span(latest, money)} · ${shortDay(latest.bucket)}` : NONE),
  },
  { title: t("shops.lastDays", { days: DAYS }), number: true, cell: ({ present }) => t("shops.daysOf", { present, expected: DAYS }) },
];

const Shown = ({ shops }) =>
  shops.length === 0
    ? html`<${Empty} title=${t("shops.none")}>${t("shops.noneHint")}<//>`
    : html`
        <${Section} title=${t("shops.all")} note=${t("shops.count", { count: shops.length })}>
          <${Table} caption=${t("shops.all")} columns=${columns(shops.length)} rows=${shops} keyOf=${({ id }) => id} />
        <//>`;

export function ShopsPage() {
  const asked = useAsked(askShops);
  return html`
    <${Page} title=${t("shell.nav.shops")} intro=${t("shops.intro")}>
      <${Asked} of=${asked}>${(shops) => html`<${Shown} shops=${shops} />`}<//>
    <//>`;
}

// What a shop's page asks: the metric, the length of a bucket and the days of the address, and the figures of them.

import { get, list, whereAllowed } from "../../api.js";
import { today } from "../../format.js";
import { GRAINS, bucketsFrom, moved } from "./days.js";

const SPANS = { day: { days: -29 }, week: { days: -83 }, month: { months: -11 }, quarter: { months: -21 } };

/** What is asked for, where the address does not say otherwise the sales of thirty days up to yesterday. */
export function chosen({ metric = "gmv", grain: wanted, from, to, compare }) {
  const grain = GRAINS.includes(wanted) ? wanted : "day";
  const till = to ?? moved(today(), { days: -1 });
  return { metric, grain, from: from ?? moved(till, SPANS[grain]), to: till, compare: compare === "yes" ? "yes" : "" };
}

const valuesOf = async (shopId, { metric, grain, from, to }) =>
  (await get("/v1/metric-values", { shop_id: shopId, metric, grain, from, to })).items;

/** The total of the days; null where the metric cannot be added up over them. */
const totalOf = (shopId, { metric, from, to }) =>
  get("/v1/metric-values/total", { shop_id: shopId, metric, from, to }).catch((failure) => {
    if (failure.status === 422) return null;
    throw failure;
  });

async function eventsOf({ from, to }) {
  const years = [...new Set([from.slice(0, 4), to.slice(0, 4)])];
  const calendars = await Promise.all(years.map((year) => get("/v1/event-calendar", { year })));
  const events = calendars.flatMap(({ items }) => items);
  return events.filter((event) => !event.cancelled && event.starts_on <= to && event.ends_on >= from);
}

async function figuresOf(shopId, question) {
  const [values, total] = await Promise.all([valuesOf(shopId, question), totalOf(shopId, question)]);
  return { values, total };
}

/** As many buckets as were asked for, just before them. */
function askBefore(shopId, question, values) {
  const [{ bucket: first }] = values;
  const window = { from: bucketsFrom(first, question.grain, -values.length), to: moved(first, { days: -1 }) };
  return figuresOf(shopId, { ...question, ...window });
}

/** `{values, total, before: {values, total} or null, events, findings}`. */
export async function askFigures(shopId, question) {
  const { metric, from, to, compare } = question;
  const [now, events, findings] = await Promise.all([
    figuresOf(shopId, question),
    eventsOf(question),
    list("/v1/metric-findings", { shop_id: shopId, metric, from, to }),
  ]);
  return { ...now, before: compare ? await askBefore(shopId, question, now.values) : null, events, findings };
}

/** Who delivers the shop's figures, and when they last did; nothing for whoever may not know. */
export async function askDeliveries(shopId) {
  const connectors = await whereAllowed(list("/v1/connectors"), []);
  const own = connectors.filter(({ shop_ids: shops, revoked_at: revoked }) => shops.includes(shopId) && !revoked);
  return Promise.all(
    own.map(async (connector) => {
      const { items } = await get("/v1/metric-batches", { connector_id: connector.id, limit: 1 });
      return { ...connector, latest: items[0] ?? null };
    }),
  );
}

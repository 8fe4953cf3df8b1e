// What metrics, shops and colleagues are called: asked for once, and shown by code until they are known.

import { get, list } from "./api.js";
import { NONE } from "./format.js";
import { language, t } from "./language.js";
import { useEffect, useState } from "./view.js";

let asking = null;
let askingPeople = null;

const byKey = (items, key) => new Map(items.map((item) => [item[key], item]));

async function ask() {
  const [metrics, shops] = await Promise.all([get("/v1/metrics"), list("/v1/shops").catch(noShops)]);
  return { metrics: byKey(metrics.items, "code"), shops: byKey(shops, "id") };
}

/** Shops are not everybody's to list. */
function noShops(failure) {
  if (failure.status === 403) return [];
  throw failure;
}

/** Forget what was known: somebody else may sign in. */
export const forgetNames = () => (asking = askingPeople = null);

/** `{metric(code) → {label, unit}, shop(id) → name}`. */
export function useNames() {
  const [known, setKnown] = useState({ metrics: new Map(), shops: new Map() });
  useEffect(() => {
    asking ??= ask();
    asking.then(setKnown, forgetNames);
  }, []);
  return {
    metric: (code) => ({ label: known.metrics.get(code)?.[language] ?? code, unit: known.metrics.get(code)?.unit }),
    shop: (id) => known.shops.get(id)?.name ?? id,
    shops: [...known.shops.values()],
    metrics: [...known.metrics.values()],
  };
}

/** Everybody whom the caller may know of: `{name(id), all}`; `all` by name. */
export function useColleagues() {
  const [known, setKnown] = useState(null);
  useEffect(() => {
    askingPeople ??= list("/v1/people").then((people) => byKey(people, "id"));
    askingPeople.then(setKnown, forgetNames);
  }, []);
  const nobody = known ? t("shell.formerColleague") : NONE;
  return { name: (id) => known?.get(id)?.name ?? nobody, all: [...(known?.values() ?? [])] };
}

// What to show of a shop: which metric, in buckets of which length, of which days. It is kept in the address.

import { Button, Field, Form, Picker } from "../../components/form.js";
import { Section } from "../../components/page.js";
import { today } from "../../format.js";
import { t } from "../../language.js";
import { useNames } from "../../names.js";
import { go, to } from "../../router.js";
import { html } from "../../view.js";
import { GRAINS } from "./days.js";

export function Choice({ shopId, question }) {
  const names = useNames();
  const show = (change) => go(to("shops", shopId, { ...question, ...change }));
  const metrics = names.metrics.map(({ code }) => [code, names.metric(code).label]);
  const known = metrics.length ? metrics : [[question.metric, question.metric]];
  return html`
    <${Section} title=${t("shops.choice")}>
      <${Form} key=${`${question.from} ${question.to}`} onSubmit=${({ from, till }) => show(from <= till ? { from, to: till } : { from: till, to: from })}>
        <div class="row">
          <${Picker} label=${t("domain.metric")} options=${known} value=${question.metric} onPick=${(metric) => show({ metric })} />
          <${Picker} label=${t("shops.grain")} options=${GRAINS.map((grain) => [grain, t(`shops.grains.${grain}`)])} value=${question.grain}
            onPick=${(grain) => show({ grain, from: null, to: null })} />
          <${Picker} label=${t("shops.compare")} options=${[["", t("shops.compareNone")], ["yes", t("shops.compareBefore")]]} value=${question.compare}
            onPick=${(compare) => show({ compare })} />
        </div>
        <div class="row">
          <${Field} name="from" type="date" label=${t("shops.from")} defaultValue=${question.from} max=${today()} required />
          <${Field} name="till" type="date" label=${t("shops.to")} defaultValue=${question.to} max=${today()} required />
          <${Button} type="submit">${t("shops.show")}<//>
        </div>
      <//>
    <//>`;
}

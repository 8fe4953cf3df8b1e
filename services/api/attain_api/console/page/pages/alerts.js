// Alerts: trouble that Attain has noticed by itself, who sees to it, and what is to be done.

import { get, list, whereAllowed } from "../api.js";
import { useAsked } from "../asked.js";
import { askCycles } from "../cycles.js";
import { Button, Picker } from "../components/form.js";
import { Page, announce } from "../components/page.js";
import { Asked } from "../components/states.js";
import { today } from "../format.js";
import { t } from "../language.js";
import { useLive } from "../live.js";
import { go, to } from "../router.js";
import { html, useRef } from "../view.js";
import { AlertList } from "./alerts/list.js";
import { Rules } from "./alerts/rules.js";
import { flat } from "./company/tree.js";

const PART = 20;
const KINDS = ["silent_connector", "metric_drop", "goal_off_track", "turnover"];

const byId = (items) => new Map(items.map((item) => [item.id, item]));

/** What alerts are about by name: only goals of cycles that run are off track. */
async function askSubjects() {
  const now = today();
  const [cycles, tree] = await Promise.all([askCycles(), get("/v1/departments/tree")]);
  const running = cycles.filter(({ starts_on: from, ends_on: till }) => from <= now && now <= till);
  const goals = await Promise.all(running.map(({ id }) => list("/v1/goals", { cycle_id: id, state: "confirmed" })));
  return { goals: byId(goals.flat()), departments: byId(flat(tree.items)) };
}

/** As many parts as are shown: `{items, hasMore}`. */
async function askAlerts({ state = "open", kind, owner }, parts) {
  const query = { state, kind, owner_id: owner, limit: PART };
  const items = [];
  let cursor = null;
  for (let part = 0; part < parts; part += 1) {
    const page = await get("/v1/alerts", { ...query, cursor });
    items.push(...page.items);
    cursor = page.next_cursor;
    if (!cursor) break;
  }
  return { items, hasMore: cursor !== null };
}

function Filters({ query, isPerson }) {
  const pick = (name) => (value) => go(to("alerts", { ...query, [name]: value }));
  const choices = (prefix, codes) => codes.map((code) => [code, t(`alerts.${prefix}.${code || "all"}`)]);
  return html`
    <${Picker} label=${t("domain.state")} options=${choices("state", ["open", "cleared"])} value=${query.state ?? "open"} onPick=${pick("state")} />
    <${Picker} label=${t("alerts.kindOf")} options=${choices("kind", ["", ...KINDS])} value=${query.kind ?? ""} onPick=${pick("kind")} />
    ${isPerson && html`
      <${Picker} label=${t("alerts.owner")} options=${choices("whose", ["", "me"])} value=${query.owner ?? ""} onPick=${pick("owner")} />`}`;
}

export default function Alerts({ me, query }) {
  const parts = useRef(1);
  const asked = useAsked(() => askAlerts(query, parts.current), [query.state, query.kind, query.owner]);
  const subjects = useAsked(askSubjects, []);
  const rules = useAsked(() => whereAllowed(list("/v1/alert-rules"), []), []);
  const refresh = async () => {
    await asked.again();
    announce(t("shell.updated"));
  };
  useLive(["alert.raised", "alert.cleared"], refresh);
  const more = () => {
    parts.current += 1;
    return asked.again();
  };
  return html`
    <${Page} title=${t("shell.nav.alerts")} intro=${t("alerts.intro")}
      actions=${html`<${Filters} query=${query} isPerson=${me.person_id !== null} />`}>
      <${Asked} of=${asked}>
        ${({ items, hasMore }) => html`
          <${AlertList} alerts=${items} subjects=${subjects.data} again=${asked.again} />
          ${hasMore && html`<p><${Button} onClick=${more}>${t("shell.more")}<//></p>`}`}
      <//>
      <${Asked} of=${rules}>${(all) => all.length > 0 && html`<${Rules} rules=${all} subjects=${subjects.data} />`}<//>
    <//>`;
}

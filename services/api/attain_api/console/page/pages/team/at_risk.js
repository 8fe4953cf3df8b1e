// Who needs help: whose goals fall behind, who has not reported, and what alerts are open.

import { get, list, whereAllowed } from "../../api.js";
import { useAsked } from "../../asked.js";
import { More, Section } from "../../components/page.js";
import { Asked, Notice } from "../../components/states.js";
import { score, spanOf } from "../../format.js";
import { t } from "../../language.js";
import { useLive } from "../../live.js";
import { to } from "../../router.js";
import { html } from "../../view.js";
import { Counts, OwnerLink } from "./scorecard.js";
import { urgency } from "./standings.js";

const FIRST = 6;
const ALERTS = 100;

async function askSigns() {
  const [missing, alerts] = await Promise.all([
    whereAllowed(list("/v1/check-ins/missing"), []),
    whereAllowed(get("/v1/alerts", { state: "open", limit: ALERTS }), { items: [] }),
  ]);
  return { missing, alerts: alerts.items, hasMore: alerts.next_cursor !== null };
}

const Behind = ({ row, cycle }) => html`
  <li>
    <span><${OwnerLink} row=${row} cycle=${cycle} /> <span class="muted">${t("domain.performance")} ${spanOf(row, "performance", score)}</span></span>
    <${Counts} standings=${row.standings.filter(({ status }) => ["off_track", "missed", "at_risk"].includes(status))} />
  </li>`;

const BehindList = ({ rows, cycle }) => html`
  <ul class="lines">${rows.map((row) => html`<${Behind} key=${row.owner.id} row=${row} cycle=${cycle} />`)}</ul>`;

function Goals({ rows, cycle }) {
  if (!rows.length) return html`<${Notice} tone="ok">${t("team.noneBehind")}<//>`;
  const rest = rows.slice(FIRST);
  return html`
    <${BehindList} rows=${rows.slice(0, FIRST)} cycle=${cycle} />
    ${rest.length > 0 && html`
      <${More} title=${t("team.moreBehind", { count: rest.length })}><${BehindList} rows=${rest} cycle=${cycle} /><//>`}`;
}

const Missing = ({ people, cycle }) => html`
  <${More} title=${t("team.noReport", { count: people.length })}>
    <ul class="names">
      ${people.map(({ id, name }) => html`<li key=${id}><a href=${to("goals", { person: id, cycle: cycle.id })}>${name}</a></li>`)}
    </ul>
  <//>`;

const Signs = ({ found: { missing, alerts, hasMore }, below, cycle }) => {
  const shown = new Set(below.map(({ owner }) => owner.id));
  const people = missing.filter(({ id }) => shown.has(id));
  return html`
    <h3>${t("team.reporting")}</h3>
    ${people.length ? html`<${Missing} people=${people} cycle=${cycle} />` : html`<p class="muted">${t("team.allReported")}</p>`}
    <h3>${t("shell.nav.alerts")}</h3>
    ${alerts.length
      ? html`<p><a href=${to("alerts")}>${t(hasMore ? "team.moreAlerts" : "team.openAlerts", { count: alerts.length })}</a></p>`
      : html`<p class="muted">${t("team.noAlerts")}</p>`}`;
};

export function AtRisk({ below, cycle }) {
  const asked = useAsked(askSigns, []);
  useLive(["alert.raised", "alert.cleared"], asked.again);
  const behind = below
    .filter((row) => row.owner.type === "person" && urgency(row) > 0)
    .sort((one, other) => urgency(other) - urgency(one));
  return html`
    <${Section} title=${t("team.atRisk")}>
      <div class="stack">
        <h3>${t("team.goalsBehind")}</h3>
        <${Goals} rows=${behind} cycle=${cycle} />
        <${Asked} of=${asked}>${(found) => html`<${Signs} found=${found} below=${below} cycle=${cycle} />`}<//>
      </div>
    <//>`;
}

// The leaderboard (龙虎榜): by performance, or by what somebody has reached of a metric.

import { get } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Badge } from "../../components/badge.js";
import { Meter } from "../../components/figures.js";
import { Button, Picker } from "../../components/form.js";
import { Section } from "../../components/page.js";
import { Asked, Empty } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { NONE, inUnit, percent, score, spanOf } from "../../format.js";
import { language, t } from "../../language.js";
import { useLive } from "../../live.js";
import { useNames } from "../../names.js";
import { to } from "../../router.js";
import { html, useState } from "../../view.js";
import { departmentOf } from "./units.js";

const PART = 10;
const MOST = 200;
const BY_PERFORMANCE = "";

const Rank = ({ rank }) =>
  rank === null ? NONE : rank <= 3 ? html`<${Badge} tone="accent" icon="star">${rank}<//>` : String(rank);

function columns(board, cycle, names) {
  const unit = board.metric && names.metric(board.metric).unit;
  const figures = board.metric
    ? [
        {
          title: t("domain.attainment"), number: true,
          cell: (row) => html`${spanOf(row, "attainment", percent)} <${Meter} value=${row.attainment} low=${row.attainment_low} high=${row.attainment_high} />`,
        },
        { title: t("domain.actual"), number: true, cell: (row) => inUnit(row.actual, unit) },
      ]
    : [{ title: t("domain.performance"), number: true, cell: (row) => html`<strong>${spanOf(row, "performance", score)}</strong>` }];
  return [
    { title: t("team.rank"), cell: ({ rank }) => html`<${Rank} rank=${rank} />` },
    {
      title: t("domain.person"), head: true,
      cell: ({ owner, name }) => html`<a href=${to("goals", { person: owner.id, cycle: cycle.id })}>${name}</a>`,
    },
    ...figures,
  ];
}

function MetricPicker({ metric, onPick }) {
  const known = useNames().metrics.map((one) => [one.code, one[language]]);
  const options = known.sort(([, one], [, other]) => one.localeCompare(other));
  return html`
    <${Picker} label=${t("team.rankedBy")} options=${[[BY_PERFORMANCE, t("domain.performance")], ...options]} value=${metric} onPick=${onPick} />`;
}

export function Leaderboard({ unit, cycle }) {
  const names = useNames();
  const [metric, setMetric] = useState(BY_PERFORMANCE);
  const [limit, setLimit] = useState(PART);
  const question = { cycle_id: cycle.id, department_id: departmentOf(unit), metric, limit };
  const asked = useAsked(() => get("/v1/leaderboards", question), [metric, limit]);
  useLive(["attainment.changed"], asked.again);
  return html`
    <${Section} title=${t("team.leaderboard")} note=${unit.name.trim()}>
      <div class="stack">
        <${MetricPicker} metric=${metric} onPick=${setMetric} />
        <${Asked} of=${asked}>
          ${(board) =>
            board.items.length
              ? html`
                  <${Table} caption=${t("team.leaderboard")} columns=${columns(board, cycle, names)} rows=${board.items} keyOf=${({ owner }) => owner.id} />
                  ${board.next_cursor && limit < MOST && html`<${Button} onClick=${() => setLimit(MOST)}>${t("shell.more")}<//>`}`
              : html`<${Empty} title=${t("team.noBoard")} />`}
        <//>
      </div>
    <//>`;
}

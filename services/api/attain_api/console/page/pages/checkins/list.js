// Check-ins, mine and my people's, and what colleagues said of my work.

import { get } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Badge } from "../../components/badge.js";
import { Page, Section } from "../../components/page.js";
import { Asked, Empty } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { instant, period } from "../../format.js";
import { t } from "../../language.js";
import { useColleagues } from "../../names.js";
import { to } from "../../router.js";
import { html } from "../../view.js";
import { Confidences } from "./confidence.js";
import { Feedback } from "./feedback.js";
import { Received } from "./received.js";
import { Week } from "./week.js";

const LATEST = 50;

/** The latest check-ins that the caller sees: own and of others. */
async function askCheckIns(me) {
  const [mine, all] = await Promise.all([
    get("/v1/check-ins", { person_id: "me", limit: LATEST }),
    get("/v1/check-ins", { state: "submitted", limit: LATEST }),
  ]);
  return { mine: mine.items, others: all.items.filter(({ person_id: person }) => person !== me.person_id) };
}

const linked = (one) => html`<a href=${to("checkins", one.id)}>${period(one.starts_on, one.ends_on)}</a>`;

const about = () => [
  { title: t("checkins.kindTitle"), cell: ({ kind }) => t(`checkins.kind.${kind}`) },
  { title: t("domain.goals"), cell: ({ goals }) => html`<${Confidences} goals=${goals} />` },
  { title: t("checkins.commentsTitle"), number: true, cell: ({ comments }) => comments },
];

const stateColumn = () => ({
  title: t("domain.state"),
  cell: ({ state }) => html`<${Badge} tone=${state === "draft" ? "plain" : "ok"} icon=${state === "draft" ? "pen" : "check"}>${t(`checkins.state.${state}`)}<//>`,
});

const Mine = ({ checkIns }) =>
  checkIns.length
    ? html`<${Table} caption=${t("checkins.mine")} rows=${checkIns} keyOf=${({ id }) => id}
        columns=${[{ title: t("checkins.period"), head: true, cell: linked }, ...about(), stateColumn()]} />`
    : html`<${Empty} title=${t("checkins.noneYet")} />`;

function Others({ checkIns }) {
  const { name } = useColleagues();
  const columns = [
    { title: t("domain.person"), head: true, cell: (one) => name(one.person_id) },
    { title: t("checkins.period"), cell: linked },
    ...about(),
    { title: t("checkins.submittedAt"), cell: ({ submitted_at: at }) => instant(at) },
  ];
  return html`
    <${Section} title=${t("checkins.ofOthers")}>
      <${Table} caption=${t("checkins.ofOthers")} columns=${columns} rows=${checkIns} keyOf=${({ id }) => id} />
    <//>`;
}

export function CheckInsPage({ me }) {
  const asked = useAsked(() => askCheckIns(me));
  return html`
    <${Page} title=${t("checkins.title")} intro=${t("checkins.intro")}>
      <${Week} onSubmitted=${asked.again} />
      ${asked.data?.others.length > 0 && html`<${Others} checkIns=${asked.data.others} />`}
      <${Section} title=${t("checkins.mine")}>
        <${Asked} of=${asked}>${({ mine }) => html`<${Mine} checkIns=${mine} />`}<//>
      <//>
      <${Received} me=${me} />
      <${Feedback} me=${me} />
    <//>`;
}

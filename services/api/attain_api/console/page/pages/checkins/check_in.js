// One check-in: what it says, of which goals, and what others said to it.

import { get, list } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Status } from "../../components/badge.js";
import { Facts } from "../../components/figures.js";
import { Page, Section } from "../../components/page.js";
import { Asked } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { NONE, instant, period, score } from "../../format.js";
import { t } from "../../language.js";
import { useColleagues } from "../../names.js";
import { to } from "../../router.js";
import { html } from "../../view.js";
import { Comments } from "./comments.js";

/** The check-in, its comments, and what the goals are called that the caller may see. */
async function askCheckIn(checkInId) {
  const [checkIn, comments] = await Promise.all([
    get(`/v1/check-ins/${checkInId}`),
    list(`/v1/check-ins/${checkInId}/comments`),
  ]);
  const goals = await Promise.all(checkIn.goals.map(({ goal_id: id }) => get(`/v1/goals/${id}`).catch(notSeen)));
  return { checkIn, comments, titles: new Map(goals.filter(Boolean).map(({ id, title }) => [id, title])) };
}

function notSeen(failure) {
  if (failure.status === 403 || failure.status === 404) return null;
  throw failure;
}

const goalColumns = (titles) => [
  {
    title: t("domain.goal"),
    head: true,
    cell: ({ goal_id: id }) => (titles.has(id) ? html`<a href=${to("goals", id)}>${titles.get(id)}</a>` : t("checkins.hiddenGoal")),
  },
  { title: t("checkins.confidence"), cell: ({ confidence }) => html`<${Status} code=${confidence} />` },
  { title: t("checkins.comment"), cell: ({ comment }) => comment ?? NONE },
  {
    title: t("checkins.then"),
    cell: ({ attainment }) => (attainment ? html`${score(attainment.score)} <${Status} code=${attainment.status} />` : NONE),
  },
];

const Goals = ({ goals, titles }) => html`
  <${Section} title=${t("checkins.ofGoals")}>
    <${Table} caption=${t("checkins.ofGoals")} columns=${goalColumns(titles)} rows=${goals} keyOf=${({ goal_id: id }) => id} />
  <//>`;

const Said = ({ checkIn }) => html`
  <${Section} title=${t("checkins.said")} note=${checkIn.submitted_at && t("checkins.submittedOn", { at: instant(checkIn.submitted_at) })}>
    <${Facts} of=${[
      [t("checkins.summary"), checkIn.summary],
      [t("checkins.plans"), checkIn.plans],
      [t("checkins.blockers"), checkIn.blockers],
      [t("checkins.privateNote"), checkIn.private_note],
    ]} />
  <//>`;

export function CheckInPage({ checkInId, me }) {
  const { name } = useColleagues();
  const asked = useAsked(() => askCheckIn(checkInId), [checkInId]);
  const checkIn = asked.data?.checkIn;
  const written = checkIn && t(`checkins.kind.${checkIn.kind}`);
  const title = checkIn && checkIn.person_id !== me.person_id ? t("checkins.by", { name: name(checkIn.person_id), kind: written }) : written;
  return html`
    <${Page} title=${title ?? t("shell.nav.checkins")} intro=${checkIn && period(checkIn.starts_on, checkIn.ends_on)}
      back=${{ href: to("checkins"), text: t("shell.nav.checkins") }}>
      <${Asked} of=${asked}>
        ${(found) => html`
          <${Said} checkIn=${found.checkIn} />
          ${found.checkIn.goals.length > 0 && html`<${Goals} goals=${found.checkIn.goals} titles=${found.titles} />`}
          <${Comments} checkIn=${found.checkIn} comments=${found.comments} again=${asked.again} />`}
      <//>
    <//>`;
}

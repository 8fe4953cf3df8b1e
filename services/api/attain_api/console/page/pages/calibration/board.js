// One group: its distribution, what would mend it, its members with their ratings, and locking and publishing (REV-8).

import { get, send } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Page, announce } from "../../components/page.js";
import { Asked, Empty } from "../../components/states.js";
import { t } from "../../language.js";
import { useLive } from "../../live.js";
import { to } from "../../router.js";
import { html, useState } from "../../view.js";
import { Distribution } from "./distribution.js";
import { State, nameOf } from "./groups.js";
import { Members } from "./members.js";
import { Proposal } from "./proposal.js";
import { Settling } from "./settling.js";

const path = (roundId) => `/v1/review-cycles/${roundId}/calibration`;
const askGroup = async (roundId, groupId) => (await get(path(roundId), { group_id: groupId })).items[0] ?? null;

/** The ratings that somebody has changed here and not stored yet, as they are sent. */
const changedOf = (edits, members) =>
  members
    .filter(({ review_id: id }) => edits[id])
    .map(({ review_id: id }) => ({ review_id: id, rating: edits[id].rating, reason: edits[id].reason?.trim() || null }));

function Shown({ group, roundId, again }) {
  const [edits, setEdits] = useState({});
  const [preview, setPreview] = useState(null);
  const [failure, setFailure] = useState(null);
  const changed = changedOf(edits, group.members ?? []);
  const edit = (id, change) => {
    setPreview(null);
    setEdits((before) => ({ ...before, [id]: change && { ...before[id], ...change } }));
  };

  async function exchange(method, name) {
    setFailure(null);
    try {
      const { body } = await send(method, `${path(roundId)}/${name}`, changed);
      return body.items.find(({ group_id: id }) => id === group.group_id);
    } catch (fault) {
      setFailure(Object.assign(fault, { sent: changed }));
      return null;
    }
  }
  const tryOut = async () => setPreview(await exchange("POST", "preview"));
  async function store() {
    if (!(await exchange("PUT", "ratings"))) return;
    setEdits({});
    setPreview(null);
    announce(t("shell.saved"));
    await again();
  }
  const propose = (moves) => {
    setPreview(null);
    setEdits(Object.fromEntries(moves.map((move) => [move.review_id, { rating: move.after, reason: t("calibration.becauseOfLimits") }])));
  };
  return html`
    <${Distribution} group=${preview ?? group} isPreview=${preview !== null} />
    <${Proposal} group=${group} onTake=${propose} />
    <${Members} ...${{ group, edits, edit, changed, failure, tryOut, store }} />
    <${Settling} group=${group} path=${path(roundId)} again=${again} hasChanges=${changed.length > 0} />`;
}

export function Board({ roundId, groupId }) {
  const asked = useAsked(() => askGroup(roundId, groupId), [roundId, groupId]);
  useLive(["review.step_changed"], () => asked.again());
  const group = asked.data;
  return html`
    <${Page} title=${group ? t("calibration.of", { name: nameOf(group) }) : t("shell.nav.calibration")}
      back=${{ href: to("calibration", roundId), text: t("shell.nav.calibration") }} actions=${group && html`<${State} group=${group} />`}>
      <${Asked} of=${asked}>
        ${(found) => (found ? html`<${Shown} group=${found} roundId=${roundId} again=${asked.again} />` : html`<${Empty} title=${t("shell.notFound")} />`)}
      <//>
    <//>`;
}

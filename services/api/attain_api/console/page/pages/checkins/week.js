// This week's report: begun, kept as a draft that nobody else sees, and submitted to those above.

import { create, get, list, mayBeDone, read, send } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Badge } from "../../components/badge.js";
import { Button, Form, Select, TextArea } from "../../components/form.js";
import { Section, announce } from "../../components/page.js";
import { Alert, Asked, Notice } from "../../components/states.js";
import { askCycles, chosenCycle } from "../../cycles.js";
import { period, today } from "../../format.js";
import { t } from "../../language.js";
import { to } from "../../router.js";
import { html, useRef, useState } from "../../view.js";
import { CONFIDENCES } from "./confidence.js";

const DAY_MS = 86_400_000;

/** The Monday of today's week. */
function monday() {
  const now = new Date(`${today()}T00:00:00Z`);
  return new Date(now - ((now.getUTCDay() + 6) % 7) * DAY_MS).toISOString().slice(0, 10);
}

const sundayAfter = (day) => new Date(Date.parse(day) + 6 * DAY_MS).toISOString().slice(0, 10);

/** My report of this week, if there is one, and the goals that it may speak of. */
async function askWeek() {
  const startsOn = monday();
  const query = { person_id: "me", kind: "weekly", starts_on: startsOn, limit: 1 };
  const [{ items }, cycles, me] = await Promise.all([get("/v1/check-ins", query), askCycles(), get("/v1/me")]);
  const found = items[0] ? await read(`/v1/check-ins/${items[0].id}`) : { body: null, etag: null };
  const cycle = chosenCycle(cycles);
  const goals = cycle ? await list("/v1/goals", { cycle_id: cycle.id, person_id: me.person_id, state: "confirmed" }) : [];
  return { startsOn, checkIn: found.body, etag: found.etag, goals };
}

const written = (text) => text?.trim() || null;

/** What the form says; a goal without a confidence is not spoken of. */
function bodyOf(values, goals) {
  const spoken = goals.filter(({ id }) => values[`confidence-${id}`]);
  return {
    summary: values.summary,
    plans: written(values.plans),
    blockers: written(values.blockers),
    private_note: written(values.private_note),
    goals: spoken.map(({ id }) => ({
      goal_id: id,
      confidence: values[`confidence-${id}`],
      comment: written(values[`comment-${id}`]),
    })),
  };
}

function GoalFields({ goal, said }) {
  const options = [["", t("checkins.notSpokenOf")], ...CONFIDENCES.map((code) => [code, t(`domain.status.${code}`)])];
  return html`
    <fieldset class="spoken">
      <legend>${goal.title}</legend>
      <div class="row">
        <${Select} name=${`confidence-${goal.id}`} label=${t("checkins.confidence")} options=${options} value=${said?.confidence ?? ""} />
        <${TextArea} name=${`comment-${goal.id}`} label=${t("checkins.comment")} value=${said?.comment} maxlength="4000" />
      </div>
    </fieldset>`;
}

function Draft({ found: { startsOn, checkIn, etag, goals }, again }) {
  const [failure, setFailure] = useState(null);
  const key = useRef(crypto.randomUUID());

  /** Keep what is written: the draft and the tag of its version. */
  async function keep(body) {
    if (checkIn) return send("PATCH", `/v1/check-ins/${checkIn.id}`, body, { etag });
    return create("/v1/check-ins", { kind: "weekly", starts_on: startsOn, ...body }, { key: key.current });
  }
  async function submit({ action, ...values }) {
    setFailure(null);
    try {
      const kept = await keep(bodyOf(values, goals));
      if (action === "submit") await send("POST", `/v1/check-ins/${kept.body.id}/actions/submit`, undefined, { etag: kept.etag });
      announce(t(action === "submit" ? "checkins.submitted" : "shell.saved"));
    } catch (fault) {
      if (!mayBeDone(fault)) key.current = crypto.randomUUID();
      setFailure(fault);
    }
    await again();
  }
  const said = new Map((checkIn?.goals ?? []).map((line) => [line.goal_id, line]));
  return html`
    <${Form} onSubmit=${submit} failure=${failure}>
      <p class="muted">${checkIn ? t("checkins.draftKept") : t("checkins.draftNote")}</p>
      ${goals.map((goal) => html`<${GoalFields} key=${goal.id} goal=${goal} said=${said.get(goal.id)} />`)}
      <${TextArea} name="summary" label=${t("checkins.summary")} value=${checkIn?.summary} maxlength="4000" required />
      <${TextArea} name="plans" label=${t("checkins.plans")} value=${checkIn?.plans} maxlength="4000" />
      <${TextArea} name="blockers" label=${t("checkins.blockers")} value=${checkIn?.blockers} maxlength="4000" />
      <${TextArea} name="private_note" label=${t("checkins.privateNote")} hint=${t("checkins.privateNoteHint")} value=${checkIn?.private_note} maxlength="4000" />
      <${Alert}>${failure && [failure.message, ...(failure.errors ?? []).map(({ detail }) => detail)].join(" ")}<//>
      <div class="row">
        <${Button} type="submit" name="action" value="submit" primary>${t("checkins.submit")}<//>
        <${Button} type="submit" name="action" value="save">${t("checkins.saveDraft")}<//>
      </div>
    <//>`;
}

const Done = ({ checkIn }) => html`
  <div class="stack">
    <${Notice} tone="ok">${t("checkins.isSubmitted")}<//>
    <p><a href=${to("checkins", checkIn.id)}>${t("checkins.read")}</a> · ${t("checkins.comments", { count: checkIn.comments })}</p>
  </div>`;

export function Week({ onSubmitted }) {
  const asked = useAsked(askWeek);
  const again = async () => {
    await asked.again();
    await onSubmitted();
  };
  const startsOn = asked.data?.startsOn;
  return html`
    <${Section} title=${t("checkins.thisWeek")} note=${startsOn && period(startsOn, sundayAfter(startsOn))}
      actions=${asked.data?.checkIn?.state === "draft" && html`<${Badge} icon="pen">${t("checkins.state.draft")}<//>`}>
      <${Asked} of=${asked}>
        ${(found) =>
          found.checkIn?.state === "submitted" ? html`<${Done} checkIn=${found.checkIn} />` : html`<${Draft} found=${found} again=${again} />`}
      <//>
    <//>`;
}

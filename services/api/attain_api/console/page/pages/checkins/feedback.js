// Feedback to me and by me: each with the case that it rests on, and never changed (CULT-1).

import { get } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Badge } from "../../components/badge.js";
import { Button } from "../../components/form.js";
import { Section, announce } from "../../components/page.js";
import { Asked } from "../../components/states.js";
import { day } from "../../format.js";
import { t } from "../../language.js";
import { useColleagues } from "../../names.js";
import { html, useState } from "../../view.js";
import { GiveFeedback } from "../team/give.js";

const LATEST = 12;
const TONES = { positive: ["ok", "up"], constructive: ["accent", "talk"], negative: ["warn", "down"] };

async function askFeedback(me) {
  const [received, given] = await Promise.all([
    get("/v1/feedback", { person_id: me.person_id, limit: LATEST }),
    get("/v1/feedback", { author_id: "me", limit: LATEST }),
  ]);
  return { received: received.items, given: given.items };
}

const Listed = ({ of, none, written }) =>
  of.length === 0
    ? html`<p class="muted">${none}</p>`
    : html`
        <ul class="recognitions">
          ${of.map((one) => html`
            <li key=${one.id}>
              <p class="badges">
                <${Badge} tone=${TONES[one.kind][0]} icon=${TONES[one.kind][1]}>${t(`team.feedback.${one.kind}`)}<//>
              </p>
              <p>${one.case.behaviour}</p>
              <p>${one.case.consequence}</p>
              <p class="muted">${written(one)}</p>
            </li>`)}
        </ul>`;

export function Feedback({ me }) {
  const { name } = useColleagues();
  const asked = useAsked(() => askFeedback(me));
  const [isGiving, setGiving] = useState(false);
  const given = async () => {
    setGiving(false);
    announce(t("shell.saved"));
    await asked.again();
  };
  const by = (one) => t("domain.byOn", { name: name(one.author_id), day: day(one.on) });
  const toWhom = (one) => t("checkins.toOn", { name: name(one.person_id), day: day(one.on) });
  const actions = html`<span class="actions end"><${Button} onClick=${() => setGiving(true)}>${t("team.giveFeedback")}<//></span>`;
  return html`
    <${Section} title=${t("checkins.feedback")} actions=${actions}>
      <${Asked} of=${asked}>
        ${(found) => html`
          <div class="stack">
            <h3>${t("checkins.feedbackReceived")}</h3>
            <${Listed} of=${found.received} none=${t("checkins.noFeedback")} written=${by} />
            <h3>${t("checkins.feedbackGiven")}</h3>
            <${Listed} of=${found.given} none=${t("checkins.noFeedbackGiven")} written=${toWhom} />
          </div>`}
      <//>
      ${isGiving && html`<${GiveFeedback} me=${me} onClose=${() => setGiving(false)} onGiven=${given} />`}
    <//>`;
}

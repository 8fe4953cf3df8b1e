// What I was recognised for, and how to praise a colleague (CULT-2).

import { get } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Button } from "../../components/form.js";
import { Section, announce } from "../../components/page.js";
import { Recognitions } from "../../components/recognitions.js";
import { Asked, Empty } from "../../components/states.js";
import { t } from "../../language.js";
import { html, useState } from "../../view.js";
import { GivePraise } from "../team/give.js";

const LATEST = 12;

export function Received({ me }) {
  const asked = useAsked(() => get("/v1/recognitions", { person_id: "me", limit: LATEST }));
  const [isGiving, setGiving] = useState(false);
  const given = () => {
    setGiving(false);
    announce(t("shell.saved"));
  };
  const actions = html`<span class="actions end"><${Button} onClick=${() => setGiving(true)}>${t("team.givePraise")}<//></span>`;
  return html`
    <${Section} title=${t("checkins.recognised")} actions=${actions}>
      <${Asked} of=${asked}>
        ${({ items }) => (items.length ? html`<${Recognitions} of=${items} />` : html`<${Empty} title=${t("checkins.noRecognition")} />`)}
      <//>
      ${isGiving && html`<${GivePraise} me=${me} onClose=${() => setGiving(false)} onGiven=${given} />`}
    <//>`;
}

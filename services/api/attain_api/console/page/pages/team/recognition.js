// What colleagues were recognised for lately, and how to praise one or tell one something.

import { get, whereAllowed } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Button } from "../../components/form.js";
import { Section, announce } from "../../components/page.js";
import { Recognitions } from "../../components/recognitions.js";
import { Asked, Empty } from "../../components/states.js";
import { t } from "../../language.js";
import { html, useState } from "../../view.js";
import { GiveFeedback, GivePraise } from "./give.js";

const LATEST = 6;
const FORMS = { praise: GivePraise, feedback: GiveFeedback };

export function Recognition({ me }) {
  const asked = useAsked(() => whereAllowed(get("/v1/recognitions", { limit: LATEST }), { items: [] }), []);
  const [giving, setGiving] = useState(null);
  const given = async () => {
    setGiving(null);
    announce(t("shell.saved"));
    await asked.again();
  };
  const actions = html`
    <span class="actions end">
      <${Button} onClick=${() => setGiving("praise")}>${t("team.givePraise")}<//>
      <${Button} onClick=${() => setGiving("feedback")}>${t("team.giveFeedback")}<//>
    </span>`;
  return html`
    <${Section} title=${t("team.recognition")} actions=${actions}>
      <${Asked} of=${asked}>
        ${({ items }) => (items.length ? html`<${Recognitions} of=${items} />` : html`<${Empty} title=${t("team.noRecognition")} />`)}
      <//>
      ${giving && html`<${FORMS[giving]} me=${me} onClose=${() => setGiving(null)} onGiven=${given} />`}
    <//>`;
}

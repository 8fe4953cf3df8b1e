// What a goal would come to if its window ended with other figures; nothing is stored.

import { send } from "../../api.js";
import { Button, Field, Form } from "../../components/form.js";
import { Section, announce } from "../../components/page.js";
import { Alert } from "../../components/states.js";
import { percent, score, spanOf } from "../../format.js";
import { t } from "../../language.js";
import { useNames } from "../../names.js";
import { html, useState } from "../../view.js";
import { said } from "./indicator.js";

/** The pattern of a figure in a form. */
export const isNumber = "-?[0-9]+(\\.[0-9]+)?";

/** Its figures are entered as they are stored, but for shares, which are entered in percent. */
const isShare = (indicator, unit) => unit === "ratio" || ["growth", "milestones"].includes(indicator.kind);

/** Percent as a share, exactly: `hundredth("3.8")` is `0.038`. */
function hundredth(text) {
  const [, sign, whole, part = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  const digits = whole.padStart(3, "0");
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}${part}`;
}

export function WhatIf({ goal, attainment }) {
  const names = useNames();
  const [answer, setAnswer] = useState(null);
  const [failure, setFailure] = useState(null);
  const shown = goal.indicators.map((indicator) => ({ indicator, ...said(indicator, names) }));

  async function suppose(values) {
    const entered = shown.filter(({ indicator }) => values[indicator.id]?.trim());
    setFailure(null);
    if (!entered.length) return setAnswer(null);
    const indicators = entered.map(({ indicator, unit }) => {
      const text = values[indicator.id].trim();
      return { indicator_id: indicator.id, actual: isShare(indicator, unit) ? hundredth(text) : text };
    });
    try {
      const { body } = await send("POST", `/v1/goals/${goal.id}/what-if`, { indicators });
      setAnswer(body);
      announce(t("goals.wouldBe", { score: spanOf(body, "score", score) }));
    } catch (fault) {
      setAnswer(null);
      setFailure(fault);
    }
  }
  const label = ({ indicator, title, unit }) => (isShare(indicator, unit) ? `${title} (%)` : title);
  return html`
    <${Section} title=${t("goals.whatIf")} note=${t("goals.whatIfNote")}>
      <${Form} onSubmit=${suppose}>
        <div class="row">
          ${shown.map((one, place) => html`
            <${Field} key=${one.indicator.id} name=${one.indicator.id} label=${label(one)} inputmode="decimal" pattern=${isNumber}
              hint=${t("goals.nowAt", { actual: spanOf(attainment.indicators[place], "actual", one.write) })} />`)}
          <${Button} type="submit">${t("goals.suppose")}<//>
        </div>
        <${Alert}>${failure && [failure.message, ...failure.errors.map(({ detail }) => detail)].join(" ")}<//>
      <//>
      ${answer && html`
        <p class="answer"><strong>${t("goals.wouldBe", { score: spanOf(answer, "score", score) })}</strong>
          ${" "}${answer.indicators.map((one) => spanOf(one, "attainment", percent)).join(" · ")}</p>`}
    <//>`;
}

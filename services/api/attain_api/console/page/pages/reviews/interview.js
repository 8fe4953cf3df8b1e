// The interview of a review as it was recorded (REV-10).

import { Section } from "../../components/page.js";
import { day } from "../../format.js";
import { t } from "../../language.js";
import { html } from "../../view.js";

const Cases = ({ title, cases }) =>
  cases.length > 0 && html`
    <h3>${title}</h3>
    <ul class="stack">
      ${cases.map((one, place) => html`
        <li key=${place}>${one.behaviour} → ${one.consequence} ${one.on && html`<span class="muted">${day(one.on)}</span>`}
          ${one.evaluation && html`<p>${t("reviews.evaluation")}: ${one.evaluation}</p>`}
          ${one.expectation && html`<p>${t("reviews.expectation")}: ${one.expectation}</p>`}</li>`)}
    </ul>`;

export const Interview = ({ interview, names }) => html`
  <${Section} title=${t("reviews.interviewTitle")} note=${t("reviews.savedBy", { name: names.name(interview.held_by), at: day(interview.held_on) })}>
    <div class="stack">
      <${Cases} title=${t("reviews.good")} cases=${interview.good} />
      <${Cases} title=${t("reviews.improve")} cases=${interview.improve} />
      ${interview.expectations && html`<h3>${t("reviews.expectations")}</h3><p>${interview.expectations}</p>`}
    </div>
  <//>`;

// Figures by themselves: tiles, facts, and a bar of how much of a target is reached.

import { drawn, percent } from "../format.js";
import { t } from "../language.js";
import { html } from "../view.js";

/** `<${Tiles} of=${[{label, value, note, tone}]} />`: the few figures that a page is about. */
export const Tiles = ({ of }) => html`
  <dl class="tiles">
    ${of.map(
      ({ label, value, note, tone = "plain" }) => html`
        <div class=${`tile ${tone}`}>
          <dt>${label}</dt>
          <dd><span class="figure">${value}</span>${note && html` <small class="muted">${note}</small>`}</dd>
        </div>`,
    )}
  </dl>`;

/** `<${Facts} of=${[[name, value]]} />`: what is known of something; those without a value are left out. */
export const Facts = ({ of }) => html`
  <dl class="facts">
    ${of
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;

/** How much is reached, `"0.58"`, as a bar to 120 %; the words beside it say the same. */
export function Meter({ value, low, high, tone = "plain" }) {
  const [from, till] = [low ?? value, high ?? value].map((one) => Math.max(0, Math.min(1.2, drawn(one) ?? 0)) / 0.012);
  const shown = value ?? low;
  return html`
    <span class=${`meter ${tone}`} role="img" aria-label=${t("shell.reached", { share: percent(shown) })}>
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="rest" width="100" height="8" rx="2" />
        <rect class="reached" width=${from} height="8" rx="2" />
        ${till > from && html`<rect class="possible" x=${from} width=${till - from} height="8" />`}
        <line class="goal" x1=${1 / 0.012} x2=${1 / 0.012} y1="0" y2="8" />
      </svg>
    </span>`;
}

// Whether the writer believes that a goal will be reached.

import { Status } from "../../components/badge.js";
import { html } from "../../view.js";

export const CONFIDENCES = ["on_track", "at_risk", "off_track"];

const ORDER = [...CONFIDENCES].reverse();

/** How many goals are believed to be in each state, the worst first. */
export function Confidences({ goals }) {
  const codes = goals.map(({ confidence }) => confidence).sort((one, other) => ORDER.indexOf(one) - ORDER.indexOf(other));
  return html`<span class="badges">${codes.map((code, place) => html`<${Status} key=${place} code=${code} />`)}</span>`;
}

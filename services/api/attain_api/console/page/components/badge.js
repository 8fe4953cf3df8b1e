// Statuses and states: an icon and a word, in a colour that says the same.

import { t } from "../language.js";
import { html } from "../view.js";
import { Icon } from "./icons.js";

const STATUSES = {
  on_track: ["ok", "up"],
  met: ["ok", "check"],
  at_risk: ["warn", "warn"],
  off_track: ["bad", "down"],
  missed: ["bad", "cross"],
  undecided: ["plain", "question"],
  open: ["plain", "clock"],
  no_data: ["plain", "dash"],
};
const STATES = {
  draft: ["plain", "pen"],
  submitted: ["accent", "clock"],
  returned: ["warn", "back"],
  confirmed: ["ok", "check"],
  closed: ["plain", "check"],
  cancelled: ["plain", "cross"],
};

/** Any word with an icon: `tone` is `ok`, `warn`, `bad`, `accent` or `plain`. */
export const Badge = ({ tone = "plain", icon, children }) => html`
  <span class=${`badge ${tone}`}>${icon && html`<${Icon} name=${icon} size=${14} />`}${children}</span>`;

/** Where an attainment stands, or what its verdict is. */
export const Status = ({ code }) => html`
  <${Badge} tone=${STATUSES[code]?.[0]} icon=${STATUSES[code]?.[1]}>${t(`domain.status.${code}`)}<//>`;

/** How many stand so. */
export const StatusCount = ({ code, count }) => html`
  <${Badge} tone=${STATUSES[code]?.[0]} icon=${STATUSES[code]?.[1]}>${count} ${t(`domain.status.${code}`)}<//>`;

/** Where a goal is in its life. */
export const GoalState = ({ code }) => html`
  <${Badge} tone=${STATES[code]?.[0]} icon=${STATES[code]?.[1]}>${t(`domain.goalState.${code}`)}<//>`;

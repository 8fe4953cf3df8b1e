// My goals: those of a cycle with what they have come to, and one of them opened up.

import { GoalPage } from "./goals/goal.js";
import { GoalsPage } from "./goals/list.js";
import { html } from "../view.js";

export default function Goals({ me, rest, query }) {
  const [goalId] = rest;
  if (goalId) return html`<${GoalPage} goalId=${goalId} me=${me} />`;
  return html`<${GoalsPage} me=${me} query=${query} />`;
}

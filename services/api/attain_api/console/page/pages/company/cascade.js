// How goals cascade: a goal, and those below it once it is opened. Nested lists with buttons, for the keyboard as for a finger.

import { list } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Section } from "../../components/page.js";
import { Asked, Empty } from "../../components/states.js";
import { Icon } from "../../components/icons.js";
import { t } from "../../language.js";
import { useColleagues } from "../../names.js";
import { html, useRef, useState } from "../../view.js";
import { GoalLine } from "./goal_line.js";
import { Sums } from "./sum_lines.js";

let count = 0;

/** The goals below one that the caller sees: those of departments first. */
async function askBelow(goal) {
  const goals = await list("/v1/goals", { parent_id: goal.id });
  const isPerson = ({ owner }) => Number(owner.type === "person");
  return goals.filter(({ state }) => state !== "cancelled").sort((one, other) => isPerson(one) - isPerson(other));
}

function Below({ goal, known }) {
  const asked = useAsked(() => askBelow(goal), [goal.id]);
  const parent = known.sums.parents.get(goal.id);
  return html`
    ${parent && html`<${Sums} parent=${parent} />`}
    <${Asked} of=${asked}>
      ${(goals) =>
        goals.length
          ? html`<ul class="cascade">${goals.map((one) => html`<${Node} key=${one.id} goal=${one} above=${goal} known=${known} />`)}</ul>`
          : html`<p class="muted">${t("company.noneBelow")}</p>`}
    <//>`;
}

/** Of goals that are seen in full it is known whether others are below; of the rest those of people have none. */
const mayHaveBelow = (goal, { parents }) => parents.has(goal.id) || (goal.masked.length > 0 && goal.owner.type !== "person");

function Node({ goal, above, known, isOpened = false }) {
  const hasBelow = mayHaveBelow(goal, known.sums);
  const [isOpen, setOpen] = useState(isOpened && hasBelow);
  const id = useRef(`below-${(count += 1)}`).current;
  return html`
    <li>
      <div class="node">
        ${hasBelow
          ? html`
              <button type="button" class="quiet fold" aria-expanded=${isOpen} aria-controls=${id} onClick=${() => setOpen(!isOpen)}
                aria-label=${t("company.goalsBelow", { title: goal.title, owner: known.nameOf(goal.owner) })}>
                <${Icon} name=${isOpen ? "below" : "right"} size=${20} />
              </button>`
          : html`<span class="fold"></span>`}
        <${GoalLine} goal=${goal} owner=${known.nameOf(goal.owner)} standing=${known.standings.get(goal.id)}
          aboveSums=${above && known.sums.parents.get(above.id)} />
      </div>
      <div id=${id} class="below" hidden=${!isOpen}>${isOpen && html`<${Below} goal=${goal} known=${known} />`}</div>
    </li>`;
}

export function Cascade({ goals, sums, standings, departments, company }) {
  const colleagues = useColleagues();
  const nameOf = ({ type, id }) =>
    type === "company" ? company : type === "department" ? (departments.get(id)?.name ?? t("domain.department")) : colleagues.name(id);
  const known = { sums, standings, nameOf };
  return html`
    <${Section} title=${t("company.cascade")} note=${t("company.cascadeNote")}>
      ${goals.length
        ? html`<ul class="cascade top">${goals.map((goal) => html`<${Node} key=${goal.id} goal=${goal} known=${known} isOpened />`)}</ul>`
        : html`<${Empty} title=${t("company.noGoals")} />`}
    <//>`;
}

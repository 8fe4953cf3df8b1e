// The cycles there are, and the one that a page is about: that of the address, else the one that runs, else the latest.

import { list } from "./api.js";
import { Picker } from "./components/form.js";
import { today } from "./format.js";
import { t } from "./language.js";
import { go, here, to } from "./router.js";
import { html } from "./view.js";

/** All cycles, the latest first. */
export async function askCycles() {
  const cycles = await list("/v1/cycles");
  return cycles.sort((one, other) => other.starts_on.localeCompare(one.starts_on));
}

/** Which of them, given the address's. */
export function chosenCycle(cycles, id) {
  const now = today();
  const runs = ({ starts_on, ends_on }) => starts_on <= now && now <= ends_on;
  return cycles.find((one) => one.id === id) ?? cycles.find((one) => runs(one) && one.kind === "quarter") ?? cycles.find(runs) ?? cycles[0];
}

/** Choose another one, on the same page. */
export function CyclePicker({ cycles, chosen }) {
  const pick = (id) => {
    const { name, rest, query } = here();
    go(to(name, ...rest, { ...query, cycle: id }));
  };
  const options = cycles.map(({ id, name }) => [id, name]);
  return html`<${Picker} label=${t("domain.cycle")} options=${options} value=${chosen.id} onPick=${pick} />`;
}

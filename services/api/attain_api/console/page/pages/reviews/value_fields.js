// A value in an assessment: how far each of its five levels is met, or unsure; with the cases that prove it (REV-3).

import { Fault, Select } from "../../components/form.js";
import { language, t } from "../../language.js";
import { html } from "../../view.js";
import { Cases, casesOf } from "./cases.js";

const LEVELS = ["full", "partial", "none"];

const levelsOf = (given) => {
  const levels = [0, 1, 2, 3, 4].map((place) => given.levels?.[place]);
  return levels.every(Boolean) ? levels : null;
};
const isBegun = (given) => given.unsure || given.cases || Object.values(given.levels ?? {}).some(Boolean);

/** What is sent of the values: those that something is said of, in their order. */
export const valuesOf = (values, given = {}) =>
  values
    .filter(({ code }) => given[code] && isBegun(given[code]))
    .map(({ code }) => ({
      code,
      levels: levelsOf(given[code]),
      unsure: Boolean(given[code].unsure),
      cases: casesOf(given[code].cases),
    }));

export function ValueFields({ value, written, mayBeUnsure }) {
  const { code } = value;
  const name = `values.${code}`;
  const options = [["", "–"], ...LEVELS.map((level) => [level, t(`reviews.level.${level}`)])];
  return html`
    <fieldset class="group">
      <legend>${value[`name_${language}`]}</legend>
      <small class="muted">${t("reviews.valuesFrom")}</small>
      <${Fault} pointers=${[`/values/${code}`, `/values/${code}/levels`, `/values/${code}/code`]} />
      <div class="levels">
        ${value.levels.map((level, place) => html`
          <${Select} key=${place} name=${`${name}.levels.${place}`} label=${`${place + 1}. ${level[language]}`}
            pointer=${`/values/${code}/levels/${place}`} value=${written?.levels?.[place] ?? ""} options=${options} />`)}
      </div>
      ${mayBeUnsure && html`
        <label class="choice"><input type="checkbox" name=${`${name}.unsure`} value="yes" defaultChecked=${written?.unsure} /> ${t("reviews.unsure")}</label>`}
      <${Fault} pointers=${[`/values/${code}/cases`]} />
      <${Cases} name=${`${name}.cases`} pointer=${`/values/${code}/cases`} written=${written?.cases ?? []} />
    </fieldset>`;
}

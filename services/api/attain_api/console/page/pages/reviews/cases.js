// Cases as evidence: what somebody did, what came of it, when; as many as there are.

import { Button, Field, Select, TextArea } from "../../components/form.js";
import { today } from "../../format.js";
import { t } from "../../language.js";
import { html, useState } from "../../view.js";
import { textOr } from "./saving.js";

const KINDS = ["positive", "nonconformance"];

/** What is sent of them, in their order. */
export const casesOf = (given = {}) =>
  Object.values(given).map(({ kind, behaviour, consequence, on }) => ({
    kind,
    behaviour: textOr(behaviour) ?? "",
    consequence: textOr(consequence) ?? "",
    on: on || null,
  }));

/** Rows that are added and removed, each with a key of its own: `[keys, add, remove]`. */
export function useRows(count) {
  const [{ keys, next }, set] = useState({ keys: Array.from({ length: count }, (_, place) => place), next: count });
  const add = () => set({ keys: [...keys, next], next: next + 1 });
  const remove = (key) => set({ keys: keys.filter((one) => one !== key), next });
  return [keys, add, remove];
}

export function Cases({ name, pointer, written }) {
  const [keys, add, remove] = useRows(written.length);
  const kinds = KINDS.map((kind) => [kind, t(`reviews.kind.${kind}`)]);
  const one = (key, place) => {
    const at = (field) => ({ name: `${name}.${key}.${field}`, pointer: `${pointer}/${place}/${field}` });
    const before = written[key];
    return html`
      <fieldset class="group" key=${key}>
        <legend>${t("reviews.case", { place: place + 1 })}</legend>
        <div class="row">
          <${Select} ...${at("kind")} label=${t("reviews.caseKind")} value=${before?.kind ?? KINDS[0]} options=${kinds} />
          <${Field} ...${at("on")} type="date" label=${t("reviews.on")} max=${today()} defaultValue=${before?.on ?? ""} />
          <${Button} quiet onClick=${() => remove(key)}>${t("reviews.removeCase", { place: place + 1 })}<//>
        </div>
        <${TextArea} ...${at("behaviour")} label=${t("reviews.behaviour")} value=${before?.behaviour} rows="2" />
        <${TextArea} ...${at("consequence")} label=${t("reviews.consequence")} value=${before?.consequence} rows="2" />
      </fieldset>`;
  };
  return html`<div class="stack">${keys.map(one)}<div><${Button} onClick=${add}>${t("reviews.addCase")}<//></div></div>`;
}

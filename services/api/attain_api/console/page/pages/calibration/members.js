// The members of a group with their ratings: those that may be set are chosen here, and stored together or not at all.

import { Badge } from "../../components/badge.js";
import { Button } from "../../components/form.js";
import { Section } from "../../components/page.js";
import { Alert, Empty } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { score } from "../../format.js";
import { t } from "../../language.js";
import { to } from "../../router.js";
import { html } from "../../view.js";
import { SCALE } from "../reviews/goal_fields.js";

const isSettable = (member, group) =>
  !group.locked && group.distribution && member.step === "calibration" && !member.values_failed;

/** What is wrong with whose rating: pointers name them by their place in what was sent. */
const faultOf = (failure, id) =>
  failure?.errors?.filter(({ pointer }) => failure.sent[pointer.split("/")[1]]?.review_id === id).map(({ detail }) => detail).join(" ");

function Rating({ member, edited, edit, fault }) {
  const counted = member.counted_rating ?? "";
  const pick = ({ currentTarget: { value } }) => edit(member.review_id, value && value !== counted ? { rating: value } : undefined);
  return html`
    <select aria-label=${t("calibration.ratingOf", { name: member.name })} aria-invalid=${fault ? "true" : null} value=${edited?.rating ?? counted} onChange=${pick}>
      ${SCALE.slice(counted ? 1 : 0).map(([step, text]) => html`<option key=${step} value=${step} selected=${step === (edited?.rating ?? counted)}>${text}</option>`)}
    </select>`;
}

const Reason = ({ member, edited, edit, fault }) =>
  edited && html`
    <input aria-label=${t("calibration.reasonOf", { name: member.name })} aria-invalid=${fault ? "true" : null} value=${edited.reason ?? ""}
      placeholder=${t("calibration.reason")} onInput=${({ currentTarget: { value } }) => edit(member.review_id, { reason: value })} />
    ${fault && html`<small class="fault">${fault}</small>`}`;

export function Members({ group, edits, edit, changed, failure, tryOut, store }) {
  const of = (member) => ({ member, edited: edits[member.review_id], edit, fault: faultOf(failure, member.review_id) });
  const columns = [
    { title: t("domain.person"), head: true, cell: (one) => html`<a href=${to("reviews", one.review_id)}>${one.name}</a>` },
    { title: t("reviews.stepTitle"), cell: (one) => html`<${Badge}>${t(`reviews.step.${one.step}`)}<//>` },
    { title: t("domain.score"), number: true, cell: (one) => score(one.score) },
    { title: t("reviews.suggested"), number: true, cell: (one) => score(one.suggested_rating) },
    {
      title: t("reviews.rating"),
      cell: (one) =>
        isSettable(one, group)
          ? html`<${Rating} ...${of(one)} />`
          : html`${score(one.counted_rating)} ${one.values_failed && html`<${Badge} tone="bad" icon="warn">${t("calibration.valuesFailed")}<//>`}`,
    },
    { title: t("calibration.reason"), cell: (one) => html`<${Reason} ...${of(one)} />` },
  ];
  const mark = (member) => (edits[member.review_id] ? "changed" : null);
  if (!group.members?.length) return html`<${Empty} title=${t("calibration.noMembers")} />`;
  return html`
    <${Section} title=${t("calibration.members")} note=${changed.length ? t("calibration.changed", { count: changed.length }) : null}>
      <div class="ratings stack">
        <${Table} caption=${t("calibration.members")} columns=${columns} rows=${group.members} keyOf=${({ review_id: id }) => id} mark=${mark} />
        <${Alert}>${failure?.message}<//>
        ${changed.length > 0 && html`
          <div class="actions">
            <${Button} onClick=${tryOut}>${t("calibration.tryOut")}<//>
            <${Button} primary onClick=${store}>${t("calibration.store")}<//>
          </div>`}
      </div>
    <//>`;
}

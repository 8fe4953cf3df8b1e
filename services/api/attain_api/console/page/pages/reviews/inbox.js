// What waits for the caller, and all the reviews that they see: their own, those of people below, those they have a part in.

import { list } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Badge } from "../../components/badge.js";
import { Picker } from "../../components/form.js";
import { Page, Section, announce } from "../../components/page.js";
import { Asked, Empty } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { score } from "../../format.js";
import { language, t } from "../../language.js";
import { useLive } from "../../live.js";
import { useColleagues } from "../../names.js";
import { go, to } from "../../router.js";
import { html } from "../../view.js";
import { Due, STEPS } from "./steps.js";

async function ask({ round, step, due }) {
  const filters = { review_cycle_id: round, step, overdue: due };
  const [rounds, waiting, all] = await Promise.all([
    list("/v1/review-cycles"),
    list("/v1/reviews", { mine: true }),
    list("/v1/reviews", filters),
  ]);
  return { rounds, waiting, all };
}

const Reviews = ({ caption, reviews, rounds, names }) => {
  const round = (id) => rounds.find((one) => one.id === id)?.name;
  const columns = [
    { title: t("domain.person"), head: true, cell: (one) => html`<a href=${to("reviews", one.id)}>${names.name(one.person_id)}</a>` },
    { title: t("reviews.stepTitle"), cell: (one) => html`<${Badge}>${t(`reviews.step.${one.step}`)}<//>` },
    { title: t("reviews.due"), cell: (one) => html`<${Due} review=${one} />` },
    { title: t("domain.performance"), number: true, cell: (one) => score(one.performance) },
    { title: t("reviews.rating"), cell: (one) => (one.rating ? `${score(one.rating)} ${one.rating_label[language]}` : "–") },
    { title: t("reviews.round"), cell: (one) => round(one.review_cycle_id) },
  ];
  return html`<${Table} caption=${caption} columns=${columns} rows=${reviews} keyOf=${({ id }) => id} />`;
};

const Filters = ({ rounds, query }) => {
  const choose = (name) => (value) => go(to("reviews", { ...query, [name]: value }));
  const named = [["", t("reviews.anyRound")], ...rounds.map(({ id, name }) => [id, name])];
  const steps = [["", t("reviews.anyStep")], ...STEPS.map((step) => [step, t(`reviews.step.${step}`)])];
  const dues = [["", t("reviews.anyDue")], ["true", t("reviews.overdueOnly")]];
  return html`
    <div class="actions">
      <${Picker} label=${t("reviews.round")} options=${named} value=${query.round ?? ""} onPick=${choose("round")} />
      <${Picker} label=${t("reviews.stepTitle")} options=${steps} value=${query.step ?? ""} onPick=${choose("step")} />
      <${Picker} label=${t("reviews.onlyOverdue")} options=${dues} value=${query.due ?? ""} onPick=${choose("due")} />
    </div>`;
};

export function Inbox({ query }) {
  const names = useColleagues();
  const asked = useAsked(() => ask(query), [query.round, query.step, query.due]);
  useLive(["review.step_changed"], async () => {
    await asked.again();
    announce(t("shell.updated"));
  });
  const shown = ({ rounds, waiting, all }) => html`
    <${Section} title=${t("reviews.waiting")} note=${waiting.length || null}>
      ${waiting.length
        ? html`<${Reviews} caption=${t("reviews.waiting")} reviews=${waiting} rounds=${rounds} names=${names} />`
        : html`<${Empty} title=${t("reviews.nothingWaits")} />`}
    <//>
    <${Section} title=${t("reviews.all")} note=${all.length || null}>
      <${Filters} rounds=${rounds} query=${query} />
      ${all.length ? html`<${Reviews} caption=${t("reviews.all")} reviews=${all} rounds=${rounds} names=${names} />` : html`<${Empty} />`}
    <//>`;
  return html`<${Page} title=${t("shell.nav.reviews")}><${Asked} of=${asked}>${shown}<//><//>`;
}

// One review as the caller may see it (REV-7): where it is, what they may do now, what was written, what it comes to.

import { get, list, read, whereAllowed } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Page, announce } from "../../components/page.js";
import { Asked } from "../../components/states.js";
import { t } from "../../language.js";
import { useLive } from "../../live.js";
import { useColleagues } from "../../names.js";
import { to } from "../../router.js";
import { html } from "../../view.js";
import { Goals } from "./goals.js";
import { Judgement } from "./judgement.js";
import { Interview } from "./interview.js";
import { Record } from "./record.js";
import { Way } from "./steps.js";
import { ToDo } from "./to_do.js";
import { Written } from "./written.js";

/** All that the page needs; the round may not be everybody's to read. Values are those of when it was opened. */
async function ask(id) {
  const { body: review, etag } = await read(`/v1/reviews/${id}`);
  const [figures, events, cycle] = await Promise.all([
    get(`/v1/reviews/${id}/figures`),
    list(`/v1/reviews/${id}/history`),
    whereAllowed(get(`/v1/review-cycles/${review.review_cycle_id}`)),
  ]);
  return { review, etag, figures, events, cycle, values: cycle?.company_values ?? [] };
}

const Shown = ({ found, me, names, again }) => html`
  <${Way} review=${found.review} cycle=${found.cycle} />
  <${ToDo} key=${found.review.step} ...${found} me=${me} names=${names} again=${again} />
  <${Judgement} ...${found} isOwn=${found.review.person_id === me.person_id} />
  <${Goals} ...${found} />
  <${Written} ...${found} names=${names} />
  ${found.review.interview && html`<${Interview} interview=${found.review.interview} names=${names} />`}
  <${Record} events=${found.events} names=${names} />`;

export function ReviewPage({ me, id }) {
  const names = useColleagues();
  const asked = useAsked(() => ask(id), [id]);
  const refresh = async () => {
    await asked.again();
    announce(t("shell.updated"));
  };
  useLive(["review.step_changed"], refresh, ({ subject_id: changed }) => changed === id);
  const review = asked.data?.review;
  const isOwn = review?.person_id === me.person_id;
  const title = !review ? t("shell.nav.reviews") : isOwn ? t("reviews.mine") : t("reviews.reviewOf", { name: names.name(review.person_id) });
  return html`
    <${Page} title=${title} intro=${review && t("reviews.by", { name: names.name(review.manager_id) })}
      back=${{ href: to("reviews"), text: t("shell.nav.reviews") }}>
      <${Asked} of=${asked}>${(found) => html`<${Shown} found=${found} me=${me} names=${names} again=${asked.again} />`}<//>
    <//>`;
}

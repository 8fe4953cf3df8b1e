// What a unit itself has reached in a cycle.

import { Tiles } from "../../components/figures.js";
import { score, spanOf } from "../../format.js";
import { t } from "../../language.js";
import { html } from "../../view.js";

export const UnitScorecard = ({ card }) => html`
  <${Tiles} of=${[
    { label: t("domain.performance"), value: spanOf(card, "performance", score), note: t("company.soFar") },
    { label: t("domain.forecast"), value: score(card.performance_forecast), note: t("company.atThisPace") },
    { label: t("domain.goals"), value: String(card.goals.length) },
    { label: t("company.ownersBelow"), value: String(card.below.length) },
  ]} />`;

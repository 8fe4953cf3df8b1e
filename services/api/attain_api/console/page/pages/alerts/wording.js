// What an alert is about, and what has happened, in words.

import { NONE, day, inUnit, instant, percent, period } from "../../format.js";
import { t } from "../../language.js";
import { to } from "../../router.js";

/** Whose a goal is. */
function ownerOf({ owner: { type, id } }, { departments }, nameOf) {
  if (type === "company") return t("domain.company");
  return type === "department" ? departments.get(id)?.name : nameOf(id);
}

function aboutGoal(id, subjects, nameOf) {
  const goal = subjects?.goals.get(id);
  const text = goal ? `${ownerOf(goal, subjects, nameOf)} · ${goal.title}` : t("domain.goal");
  return { href: to("goals", id), text };
}

/** `{text, href}`: what it is about, and where more of that is. */
export function about(alert, names, subjects, nameOf) {
  if (alert.goal_id) return aboutGoal(alert.goal_id, subjects, nameOf);
  if (alert.shop_id) return { href: to("shops", alert.shop_id), text: names.shop(alert.shop_id) };
  if (!alert.department_id) return { href: to("company"), text: t("domain.company") };
  const department = subjects?.departments.get(alert.department_id);
  return { href: to("company", alert.department_id), text: department?.name ?? t("domain.department") };
}

const TOLD = {
  silent_connector: ({ expected_day: expected, due_at: due, latest_day: latest }) =>
    t("alerts.told.silent_connector", { expected: day(expected), due: instant(due), latest: latest ? day(latest) : NONE }),
  metric_drop: ({ metric, day: on, value, median, drop }, names) => {
    const { label, unit } = names.metric(metric);
    const values = { metric: label, day: day(on), value: inUnit(value, unit), median: inUnit(median, unit), drop: percent(drop) };
    return t("alerts.told.metric_drop", values);
  },
  goal_off_track: ({ business_day: on }) => t("alerts.told.goal_off_track", { day: day(on) }),
  turnover: ({ turnover, limit, starts_on: from, ends_on: till }) =>
    t("alerts.told.turnover", { turnover: percent(turnover), limit: percent(limit), period: period(from, till) }),
};

export const told = ({ kind, details }, names) => TOLD[kind](details, names);

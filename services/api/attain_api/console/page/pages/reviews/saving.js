// Sending what somebody has written in a review: in the version that they read, with each fault at its field.

import { announce } from "../../components/page.js";
import { t } from "../../language.js";
import { useState } from "../../view.js";

/** `{"goals.3.score": "4"}` as `{goals: {3: {score: "4"}}}`. */
export function nested(values) {
  const whole = {};
  for (const [name, value] of Object.entries(values)) {
    const parts = name.split(".");
    const last = parts.pop();
    const place = parts.reduce((part, key) => (part[key] ??= {}), whole);
    place[last] = value;
  }
  return whole;
}

/** A text without blanks around it, or null. */
export const textOr = (text) => text?.trim() || null;

/** Pointers name goals and values by their place in what was sent; the form names them by what they are. */
function atFields(fault, sent) {
  const named = (part, place) => sent?.[part]?.[place]?.goal_id ?? sent?.[part]?.[place]?.code ?? place;
  const errors = (fault.errors ?? []).map((error) => ({
    ...error,
    pointer: error.pointer.replace(/^\/(goals|values)\/(\d+)/, (_, part, place) => `/${part}/${named(part, place)}`),
  }));
  return Object.assign(fault, { errors });
}

/**
 * `{failure, save}`: `save(act, {sent})` runs `act` and asks the review anew; a fault stays with what was written. Of a
 * version that is not the latest any more the review is asked anew, too.
 */
export function useSaving(again) {
  const [failure, setFailure] = useState(null);
  async function save(act, { sent, said = t("shell.saved") } = {}) {
    setFailure(null);
    try {
      await act();
    } catch (fault) {
      setFailure(fault.code === "stale" ? new Error(t("reviews.stale")) : atFields(fault, sent));
      if (fault.code === "stale") await again();
      return false;
    }
    announce(said);
    await again();
    return true;
  }
  return { failure, save };
}

/** Faults that are of no field: said beside the button. */
const FIELDLESS = ["", "/goals", "/values"];
export const saidOf = (failure) =>
  failure && [failure.message, ...(failure.errors ?? []).filter(({ pointer }) => FIELDLESS.includes(pointer)).map(({ detail }) => detail)].join(" ");

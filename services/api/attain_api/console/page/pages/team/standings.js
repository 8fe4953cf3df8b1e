// How somebody's goals stand, counted.

const WORST_FIRST = ["off_track", "missed", "at_risk", "undecided", "no_data", "on_track", "met"];
const FAILING = ["off_track", "missed"];

export const countOf = (standings, ...codes) => standings.filter(({ status }) => codes.includes(status)).length;

/** `[[code, count], …]`, the worst first, of those that occur. */
export const counted = (standings) =>
  WORST_FIRST.map((code) => [code, countOf(standings, code)]).filter(([, count]) => count > 0);

/** The more, the sooner somebody is to look: goals that fail weigh more than any that may. */
export const urgency = ({ standings }) => countOf(standings, ...FAILING) * 1000 + countOf(standings, "at_risk");

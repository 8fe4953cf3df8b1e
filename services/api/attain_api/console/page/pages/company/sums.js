// The sums of a cycle's cascade: what the targets below a goal add up to, and the goals that are loose in it.

import { get } from "../../api.js";

const PART = 200;
const MOST_PARTS = 10;

/** `{parents: by goal, orphans, unowned, isWhole}`; of the very largest cascades only the first goals. */
export async function askSums(cycle) {
  const parts = [];
  let cursor = null;
  do {
    const part = await get(`/v1/cycles/${cycle.id}/cascade`, { limit: PART, cursor });
    parts.push(part);
    cursor = part.next_cursor;
  } while (cursor && parts.length < MOST_PARTS);
  const parents = new Map(parts.flatMap(({ items }) => items).map((goal) => [goal.goal_id, goal]));
  const all = (name) => parts.flatMap((part) => part[name]);
  return { parents, orphans: all("orphans"), unowned: all("unowned"), isWhole: cursor === null };
}

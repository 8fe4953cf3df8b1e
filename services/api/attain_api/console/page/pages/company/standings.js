// How goals stand, by goal: from units' scorecards, their own and those of everybody below.

const ofOwn = ({ indicators, ...goal }) => ({ ...goal, attainments: indicators.map(({ attainment }) => attainment) });

export function standingsOf(cards) {
  const all = cards.flatMap(({ goals, below }) => [...goals.map(ofOwn), ...below.flatMap(({ standings }) => standings)]);
  return new Map(all.map((standing) => [standing.goal_id, standing]));
}

// How goals stand, by goal: from a unit's scorecard, its own and those of everybody below.

const ofOwn = ({ indicators, ...goal }) => ({ ...goal, attainments: indicators.map(({ attainment }) => attainment) });

export function standingsOf(card) {
  const all = card ? [...card.goals.map(ofOwn), ...card.below.flatMap(({ standings }) => standings)] : [];
  return new Map(all.map((standing) => [standing.goal_id, standing]));
}

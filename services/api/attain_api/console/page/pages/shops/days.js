// Business days as texts: moved, and the buckets that came before.

/** `moved("2026-11-23", {days: -7})`, or by months from the first of one. */
export function moved(day, { days = 0, months = 0 }) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + months, date + days)).toISOString().slice(0, 10);
}

const LENGTHS = { day: { days: 1 }, week: { days: 7 }, month: { months: 1 }, quarter: { months: 3 } };

/** The lengths that a bucket may have. */
export const GRAINS = Object.keys(LENGTHS);

/** The day some buckets away from a bucket's first. */
export function bucketsFrom(bucket, grain, count) {
  const { days = 0, months = 0 } = LENGTHS[grain];
  return moved(bucket, { days: days * count, months: months * count });
}

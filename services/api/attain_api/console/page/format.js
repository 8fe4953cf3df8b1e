// How figures, days and instants are written. Figures come as decimal strings and stay exact: only a chart or the width of
// a bar makes a number of one.

import { locale, t } from "./language.js";

const ZONE = "Asia/Shanghai";
export const NONE = "–";

/** Move the point of a decimal string by some places, exactly: `shifted("0.0325", 2)` is `3.25`. */
function shifted(text, places) {
  const [, sign, whole, part = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  const digits = whole + part.padEnd(places, "0");
  const point = whole.length + places;
  const rest = digits.slice(point).replace(/0+$/, "");
  return sign + digits.slice(0, point).replace(/^0+(?=\d)/, "") + (rest && `.${rest}`);
}

const formats = new Map();
function grouped(text, most, least = 0) {
  const key = `${most} ${least}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(locale, { maximumFractionDigits: most, minimumFractionDigits: least }));
  }
  return formats.get(key).format(text); // of a string it formats every digit
}

/** A figure: `decimal("1234.5")` is `1,234.5`. */
export const decimal = (text, most = 2) => (text === null || text === undefined ? NONE : grouped(text, most));

/** Money, to the cent where there are cents. */
export const money = (text) => (text === null || text === undefined ? NONE : grouped(text, 2).replace(/^-?/, "$&¥"));

/** A share as percent: `percent("0.580909")` is `58.1%`. */
export const percent = (text, most = 1) =>
  text === null || text === undefined ? NONE : `${grouped(shifted(text, 2), most)}%`;

/** A score of the scale: `3.5`. */
export const score = (text) => (text === null || text === undefined ? NONE : grouped(text, 2));

/** A figure in the unit of its metric. */
export function inUnit(text, unit) {
  if (text === null || text === undefined) return NONE;
  if (unit === "CNY") return money(text);
  if (unit === "ratio") return percent(text, 2);
  return decimal(text);
}

/** A point, the two ends of an interval, or nothing; `write` writes one figure. */
export function span({ value, low, high }, write) {
  if (value !== null && value !== undefined) return write(value);
  if (low === null || low === undefined) return NONE;
  return `${write(low)} – ${high === null || high === undefined ? "…" : write(high)}`;
}

/** A span of an answer's fields: `spanOf(row, "actual", money)` reads `actual`, `actual_low` and `actual_high`. */
export const spanOf = (row, name, write) =>
  span({ value: row[name], low: row[`${name}_low`], high: row[`${name}_high`] }, write);

const written = (options) => new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options });
const days = written({ year: "numeric", month: "short", day: "numeric" });
const shortDays = written({ month: "short", day: "numeric" });
const instants = written({ month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
const noon = (text) => new Date(`${text}T12:00:00+08:00`);

/** A business day, `2026-11-23`. */
export const day = (text) => (text ? days.format(noon(text)) : NONE);
export const shortDay = (text) => (text ? shortDays.format(noon(text)) : NONE);
export const period = (from, till) => t("shell.fromTo", { from: day(from), till: day(till) });
/** An instant, as the clock in Shanghai has it. */
export const instant = (text) => (text ? instants.format(new Date(text)) : NONE);

/** The business day of now, `2026-11-23`. */
export const today = () => new Intl.DateTimeFormat("en-CA", { timeZone: ZONE }).format(new Date());

const whole = (text) => BigInt(shifted(text, 12).split(".")[0]);

/** One figure over another, cut off after six places: `ratio("1", "3")` is `0.333333`; null over nothing. */
export function ratio(part, of) {
  if (whole(of) === 0n) return null;
  const [sign, digits] = /^(-?)(\d+)$/.exec(String((whole(part) * 1_000_000n) / whole(of))).slice(1);
  const padded = digits.padStart(7, "0");
  return `${sign}${padded.slice(0, -6)}.${padded.slice(-6)}`;
}

/** For drawing only: a number, or null. */
export const drawn = (text) => (text === null || text === undefined ? null : Number(text));

/** A weight, which is in percent already. */
export const weight = (text) => (text === null || text === undefined ? NONE : `${grouped(text, 2)}%`);

// The figures of now: dependencies, tiles, workers.

import { badge, element } from "./icons.js";
import {
  INBOX_STUCK_SECONDS,
  LONG_TRANSACTION_SECONDS,
  MARKS_STUCK_SECONDS,
  SLOW_INGESTION_SECONDS,
  isPast,
} from "./findings.js";
import { NONE, bytes, count, milliseconds, span, words } from "./words.js";

const at = (id) => document.getElementById(id);

const SHAPES = { ok: "ok", away: "unavailable", behind: "unavailable", unknown: "unknown" };
/** Without these the API still serves. */
const SPARED = new Set(["queue", "worker"]);

function tile(label, value, { state = null, note = "" } = {}) {
  const figure = element("dd", "figure", value);
  if (note) figure.append(element("span", "note", note));
  const made = element("div", "tile", element("dt", "", label), figure);
  if (state) made.dataset.state = state;
  return made;
}

/** Each dependency of `/readyz` with its state and the time that it took to ask; `null` before the first answer. */
export function drawDependencies(readiness) {
  at("dependencies").replaceChildren(
    ...["database", "schema", "queue", "worker"].map((name) => {
      const check = readiness?.[name] ?? { state: "unknown", milliseconds: null };
      const shape = check.state === "away" && SPARED.has(name) ? "degraded" : SHAPES[check.state];
      const asked = check.state === "ok" ? milliseconds(check.milliseconds) : "";
      return tile(words[name], badge(shape, words.dependencyStates[check.state]), { note: asked });
    }),
  );
}

/** The figures of `/v1/ops/status`; what is past its bound is marked. */
export function drawFigures({ workers, inbox, marks, database, silent_connectors, ingestion_lag_seconds }) {
  const alive = workers.filter((worker) => worker.is_alive).length;
  const past = (value, bound, state) => ({ state: isPast(value, bound) ? state : null });
  at("figures").replaceChildren(
    tile(words.inboxLive, count(inbox.live)),
    tile(words.inboxBackfill, count(inbox.backfill)),
    tile(words.inboxOldest, span(inbox.oldest_seconds), past(inbox.oldest_seconds, INBOX_STUCK_SECONDS, "unavailable")),
    tile(words.failedBatches, count(inbox.failed), past(inbox.failed, 0, "degraded")),
    tile(words.lag, span(ingestion_lag_seconds), past(ingestion_lag_seconds, SLOW_INGESTION_SECONDS, "degraded")),
    tile(words.marks, count(marks.goals)),
    tile(words.marksOldest, span(marks.oldest_seconds), past(marks.oldest_seconds, MARKS_STUCK_SECONDS, "degraded")),
    tile(words.workersAlive, count(alive), { state: alive ? null : "unavailable" }),
    tile(words.checks, count(marks.checks)),
    tile(words.silent, count(silent_connectors), past(silent_connectors, 0, "degraded")),
    tile(words.connections, count(database.connections)),
    tile(
      words.transaction,
      span(database.oldest_transaction_seconds),
      past(database.oldest_transaction_seconds, LONG_TRANSACTION_SECONDS, "degraded"),
    ),
    tile(words.standbys, count(database.synchronous_standbys)),
    tile(words.size, bytes(database.size_bytes)),
  );
}

/** The head of the workers' table. */
export function drawColumns() {
  at("workers-head").replaceChildren(
    ...words.columns.map((name, place) => {
      const cell = element("th", place > 3 ? "number" : "", name);
      cell.scope = "col";
      return cell;
    }),
  );
}

/** The workers, those alive first; `now` is the API's clock. */
export function drawWorkers(workers, now) {
  const sorted = [...workers].sort((one, other) => other.is_alive - one.is_alive || other.beat_at.localeCompare(one.beat_at));
  at("workers").replaceChildren(
    ...sorted.map((worker) => {
      const host = element("th", "", worker.host);
      host.scope = "row";
      host.title = worker.id;
      const state = worker.is_alive ? badge("ok", words.alive) : badge("unknown", words.gone);
      const figures = [worker.batches_taken_in, worker.rows_taken_in, worker.goals_recomputed, worker.jobs_failed];
      return element(
        "tr",
        worker.is_alive ? "" : "gone",
        host,
        element("td", "", state),
        element("td", "", words.ago(span(Math.round(Math.max(0, now - Date.parse(worker.beat_at)) / 1000)))),
        element("td", "", worker.version ?? NONE),
        element("td", "number", bytes(worker.memory_bytes)),
        ...figures.map((figure) => element("td", "number", count(figure))),
      );
    }),
  );
}

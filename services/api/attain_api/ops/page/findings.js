// What is wrong, worst first, out of what the API says; each names its section of the runbook.
// The bounds are those of the alerts (deploy/prometheus/attain.rules.yml).

import { count, share, span, words } from "./words.js";

export const INBOX_STUCK_SECONDS = 60;
export const INBOX_SLOW_SECONDS = 900;
export const INBOX_FULL = 15_000;
export const MARKS_STUCK_SECONDS = 600;
export const SLOW_INGESTION_SECONDS = 60;
export const LONG_TRANSACTION_SECONDS = 300;
const STALE_SAMPLE_SECONDS = 90;
const FAILED_SHARE = 0.01;
const SLOW_SHARE = 0.01;
/** Fewer say nothing: one failure out of three requests at night is no share. */
const FEWEST_REQUESTS = 50;
/** Shorter than the alert's: what is over is to leave the page. */
const SHARE_SECONDS = 120;
const TAKING_IN_SECONDS = 120;
/** A worker unseen for longer was replaced, or has been noticed. */
const NEWLY_GONE_SECONDS = 900;

const say = words.finding;
const critical = (runbook, text) => ({ severity: "critical", runbook, text });
const warning = (runbook, text) => ({ severity: "warning", runbook, text });

/** Findings on what `/readyz` says; of no answer, too. */
export function findingsOfReadiness({ value: readiness, failure }) {
  if (failure) return [critical("AttainNoApi", say.unreachable)];
  if (!readiness) return [];
  if (readiness.draining) return [warning("AttainApiDown", say.draining)];
  const found = [];
  if (readiness.database.state !== "ok") found.push(critical("AttainDatabaseDown", say.database));
  else if (readiness.schema.state !== "ok") found.push(critical("AttainDatabaseDown", say.schema));
  if (readiness.worker.state === "away") found.push(critical("AttainNoWorker", say.noWorker));
  if (readiness.queue.state === "away") found.push(warning("AttainQueueDown", say.queue));
  return found;
}

/** Whether a value is known, and past its bound. */
export const isPast = (value, bound) => value !== null && value > bound;

/** Findings on what `/v1/ops/status` says, with the samples there are; `now` is the API's clock. */
export function findingsOfStatus(status, samples, now) {
  const { inbox, marks, database } = status;
  const found = [];
  if (isPast(inbox.oldest_seconds, INBOX_STUCK_SECONDS) && !total(samples, "batches_taken_in", TAKING_IN_SECONDS))
    found.push(critical("AttainInboxStuck", say.inboxStuck(span(inbox.oldest_seconds))));
  else if (isPast(inbox.oldest_seconds, INBOX_SLOW_SECONDS))
    found.push(warning("AttainInboxSlow", say.inboxSlow(span(inbox.oldest_seconds))));
  if (isPast(marks.oldest_seconds, MARKS_STUCK_SECONDS))
    found.push(warning("AttainMarksStuck", say.marksStuck(span(marks.oldest_seconds))));
  const lane = Math.max(inbox.live, inbox.backfill);
  if (lane > INBOX_FULL) found.push(warning("AttainInboxFilling", say.inboxFilling(count(lane))));
  if (inbox.failed > 0) found.push(warning("AttainBatchesFailed", say.batchesFailed(count(inbox.failed))));
  if (isPast(status.ingestion_lag_seconds, SLOW_INGESTION_SECONDS))
    found.push(warning("AttainIngestionSlow", say.slow(span(status.ingestion_lag_seconds))));
  if (isPast(database.oldest_transaction_seconds, LONG_TRANSACTION_SECONDS))
    found.push(warning("AttainLongTransaction", say.transaction(span(database.oldest_transaction_seconds))));
  if (status.workers.some((worker) => worker.is_alive)) found.push(...gone(status.workers, now));
  if (status.silent_connectors > 0)
    found.push(warning("AttainSilentConnector", say.silent(count(status.silent_connectors))));
  return found;
}

function gone(workers, now) {
  return workers
    .map((worker) => ({ worker, unseen: (now - Date.parse(worker.beat_at)) / 1000 }))
    .filter(({ worker, unseen }) => !worker.is_alive && unseen < NEWLY_GONE_SECONDS)
    .map(({ worker, unseen }) => warning("AttainWorkerDown", say.workerDown(worker.host, span(unseen))));
}

/** The sum over the newest samples. */
function total(samples, name, seconds) {
  const since = Date.parse(samples.at(-1)?.at) - seconds * 1000;
  return samples.reduce((sum, sample) => (Date.parse(sample.at) > since ? sum + sample[name] : sum), 0);
}

/** Findings on the samples of the last hour. */
export function findingsOfSamples(samples, now) {
  if (!samples.length) return [];
  const newest = samples.at(-1);
  const age = (now - Date.parse(newest.at)) / 1000;
  const found = [];
  if (newest.synchronous_standbys < newest.synchronous_standbys_wanted)
    found.push(critical("AttainNoSynchronousStandby", say.standby));
  const [requests, failed, slow] = ["requests", "failed_requests", "slow_requests"].map((name) =>
    total(samples, name, SHARE_SECONDS),
  );
  if (requests >= FEWEST_REQUESTS && failed / requests > FAILED_SHARE)
    found.push(critical("AttainErrors", say.errors(share(failed / requests), count(failed))));
  if (requests >= FEWEST_REQUESTS && slow / requests > SLOW_SHARE)
    found.push(warning("AttainSlow", say.slowRequests(share(slow / requests))));
  if (age > STALE_SAMPLE_SECONDS) found.push(warning("AttainSampleStale", say.stale(span(age))));
  return found;
}

/** Worst first, and otherwise as found. */
export const worstFirst = (findings) =>
  [...findings].sort((one, other) => (one.severity === "critical" ? 0 : 1) - (other.severity === "critical" ? 0 : 1));

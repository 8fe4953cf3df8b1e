import { AttainError } from "./errors.js";
import { readFrames, type Frame } from "./frames.js";
import type { EventKind } from "./schema.js";
import type { Fetch } from "./session.js";

/** Something that has happened. It says what has changed, not into what: ask for that. */
export interface Happening {
  kind: EventKind;
  /** The same however often it is told. */
  id: string;
  /** The goal, the review, the alert. */
  subject_id: string;
  happened_at: string;
  /** Ids and codes. */
  data: Record<string, string>;
  /** Where in the stream this was: `after` of a later `events()`. */
  mark: string;
}

/** `hello`: everything from here on is told. `reset`: some of it was missed, so ask for everything anew. */
export interface Start {
  kind: "hello" | "reset";
  mark: string;
}

export type LiveEvent = Happening | Start;

export interface EventsOptions {
  /** The mark of the last event that was dealt with; without it, what happens from now on. */
  after?: string;
  /** Ends the events. */
  signal?: AbortSignal;
}

/** The server says something every 15 seconds, so this is a connection that is gone. */
const SILENCE_MS = 45_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** What happens, for as long as somebody asks: comes back after every break, and misses nothing. */
export async function* listen(url: string, send: Fetch, options: EventsOptions): AsyncGenerator<LiveEvent> {
  const { signal } = options;
  const isOver = () => signal?.aborted === true;
  let mark = options.after ?? null;
  let pause = FIRST_PAUSE_MS;
  let failures = 0;
  while (!isOver()) {
    let least = 0;
    try {
      for await (const frame of connect(url, send, mark, signal)) {
        failures = 0;
        pause = frame.retry ?? pause;
        mark = frame.id ?? mark;
        if (frame.data === "") continue;
        yield { ...JSON.parse(frame.data), kind: frame.event, mark } as LiveEvent;
      }
    } catch (error) {
      if (isOver()) return;
      if (error instanceof AttainError && !error.isPassing) throw error;
      least = error instanceof AttainError ? (error.retryAfter ?? 0) * 1000 : 0;
      failures += 1;
    }
    // at random, or all clients of a server that was away would come back at once
    await sleep(least + Math.random() * Math.min(pause * 2 ** failures, LONGEST_PAUSE_MS), signal);
  }
}

async function* connect(
  url: string,
  send: Fetch,
  mark: string | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<Frame> {
  const silence = new AbortController();
  const giveUp = () => silence.abort(new Error("nothing was heard"));
  let timer = setTimeout(giveUp, SILENCE_MS);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, SILENCE_MS);
  };
  const stop = () => silence.abort(signal?.reason);
  signal?.addEventListener("abort", stop);
  try {
    const headers = new Headers({ Accept: "text/event-stream" });
    if (mark !== null) headers.set("Last-Event-ID", mark);
    const response = await send(new Request(url, { headers, signal: silence.signal, cache: "no-store" }));
    if (!response.ok || response.body === null) throw await AttainError.of(response);
    yield* readFrames(response.body, heard);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    silence.abort();
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}

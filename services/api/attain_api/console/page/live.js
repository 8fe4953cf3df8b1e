// One stream of events for the whole page: what changed, not into what. Whoever hears of it asks anew.

import { open } from "./api.js";
import { useEffect, useRef } from "./view.js";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const GATHER_MS = 400;

const listeners = new Set();
let ending = null;
let lastId = null;

/** Call with each event `{id, kind, subject_id, data}` of the kinds; `reset` is of every kind. Returns how to stop. */
export function listen(kinds, tell) {
  const listener = { kinds, tell };
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tellAll(event) {
  for (const { kinds, tell } of listeners) if (event.kind === "reset" || kinds.includes(event.kind)) tell(event);
}

/** Within a component: call `act` once for the events of the kinds that come together, where `concerns` says so. */
export function useLive(kinds, act, concerns = () => true) {
  const latest = useRef();
  latest.current = { act, concerns };
  useEffect(() => {
    let waiting = null;
    const stop = listen(kinds, (event) => {
      if (waiting || !(event.kind === "reset" || latest.current.concerns(event))) return;
      waiting = setTimeout(() => {
        waiting = null;
        latest.current.act();
      }, GATHER_MS);
    });
    return () => {
      stop();
      clearTimeout(waiting);
    };
  }, [kinds.join()]);
}

function message(block) {
  const fields = {};
  for (const line of block.split("\n")) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name) fields[name] = name in fields && name === "data" ? `${fields[name]}\n${value}` : value;
  }
  return fields;
}

function take({ id, event, data }) {
  if (id !== undefined) lastId = id;
  if (event === "reset") tellAll({ kind: "reset" });
  else if (event && event !== "hello" && data) tellAll(JSON.parse(data));
}

async function follow(signal, whenOpen) {
  const headers = { Accept: "text/event-stream", ...(lastId && { "Last-Event-ID": lastId }) };
  const response = await open("/v1/events", { headers, signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  whenOpen();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    blocks.map(message).forEach(take);
  }
}

const pause = (ms, signal) =>
  new Promise((resume) => {
    const timer = setTimeout(resume, ms);
    signal.addEventListener("abort", () => resume(clearTimeout(timer)), { once: true });
  });

/** Follow the stream until `stopLive`, and come back to it wherever it ends. */
export async function startLive() {
  stopLive();
  const { signal } = (ending = new AbortController());
  let wait = FIRST_WAIT_MS;
  while (!signal.aborted) {
    try {
      await follow(signal, () => (wait = FIRST_WAIT_MS));
    } catch (failure) {
      if (failure.status === 401 || failure.status === 403) return;
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
    await pause(wait * (0.5 + Math.random()), signal);
  }
}

export function stopLive() {
  ending?.abort();
  ending = null;
  lastId = null;
}

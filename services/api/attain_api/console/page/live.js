// One stream of events for the whole page: what changed, not into what. Whoever hears of it asks anew.

import { open } from "./api.js";
import { useEffect, useRef } from "./view.js";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const STEADY_MS = 10_000;
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

async function follow(signal, { isLate }) {
  const headers = { Accept: "text/event-stream", ...(lastId && { "Last-Event-ID": lastId }) };
  const response = await open("/v1/events", { headers, signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  if (isLate && !lastId) tellAll({ kind: "reset" }); // what happened since the page was asked for, nobody told
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    blocks.map(message).forEach(take);
  }
}

/** Follow for as long as the tab is looked at: all tabs of a browser share its few connections to a host. */
async function followShown(signal, how) {
  const stream = new AbortController();
  const stop = () => stream.abort();
  signal.addEventListener("abort", stop);
  document.addEventListener("visibilitychange", stop);
  try {
    await follow(stream.signal, how);
  } finally {
    signal.removeEventListener("abort", stop);
    document.removeEventListener("visibilitychange", stop);
  }
}

const pause = (ms, signal) =>
  new Promise((resume) => {
    const timer = setTimeout(resume, ms);
    signal.addEventListener("abort", () => resume(clearTimeout(timer)), { once: true });
  });

const shown = (signal) =>
  new Promise((resume) => {
    if (!document.hidden) return resume();
    document.addEventListener("visibilitychange", resume, { once: true, signal });
    signal.addEventListener("abort", resume, { once: true });
  });

/** Follow the stream until `stopLive`, and come back to it wherever it ends: the later, the sooner it ended. */
export async function startLive() {
  stopLive();
  const { signal } = (ending = new AbortController());
  let wait = FIRST_WAIT_MS;
  let isLate = document.hidden;
  for (;;) {
    await shown(signal);
    if (signal.aborted) return;
    const began = Date.now();
    try {
      await followShown(signal, { isLate });
    } catch (failure) {
      if (failure.status === 401 || failure.status === 403) return;
    }
    isLate = true;
    const isSteady = document.hidden || Date.now() - began > STEADY_MS;
    wait = isSteady ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS);
    await pause(wait * (0.5 + Math.random()), signal);
  }
}

export function stopLive() {
  ending?.abort();
  ending = null;
  lastId = null;
}

import assert from "node:assert/strict";
import { afterEach, before, beforeEach, test } from "node:test";
import { Attain, inMemory, type Happening, type LiveEvent } from "@attain/client";
import { Proxy } from "./proxy.ts";
import { makeGoal, makeWorld, type Told, type World } from "./world.ts";

let world: World;
let told: Told;
let proxy: Proxy;
let baseUrl: string;
let ended: AbortController;

before(async () => {
  world = await makeWorld();
  told = await makeGoal(world);
});
beforeEach(async () => {
  ended = new AbortController();
  proxy = new Proxy();
  baseUrl = await proxy.open();
});
afterEach(() => proxy.close());

async function listener(store = inMemory()): Promise<Attain> {
  const attain = new Attain({ baseUrl, store });
  await attain.signIn(world.admin);
  return attain;
}

async function next(events: AsyncGenerator<LiveEvent>): Promise<LiveEvent> {
  const { value, done } = await events.next();
  assert(!done, "the events have ended");
  return value;
}

/** The next change of the goal: whatever else is told meanwhile is passed over. */
async function changed(events: AsyncGenerator<LiveEvent>): Promise<Happening> {
  for (;;) {
    const event = await next(events);
    if (event.kind === "attainment.changed") return event;
  }
}

let sales = 100;
/** Another figure each time; done once the goal shows it. */
async function push(): Promise<void> {
  sales += 1;
  const wait_for_batch = await told.push(String(sales));
  await world.attain.get("/v1/goals/{goal_id}/attainment", {
    params: { path: { goal_id: told.goalId }, query: { wait_for_batch, timeout: 20 } },
  });
}

test("a push is told of, to whoever asks for events", async () => {
  const events = (await listener()).events({ signal: ended.signal });
  assert.equal((await next(events)).kind, "hello");
  await push();
  const event = await changed(events);
  assert.equal(event.subject_id, told.goalId);
  assert.equal(event.data["goal_id"], told.goalId);
  await events.return(undefined);
});

test("a connection that breaks loses nothing", async () => {
  const events = (await listener()).events({ signal: ended.signal });
  await next(events);
  await push();
  const first = await changed(events);
  const second = changed(events);
  proxy.cut();
  await push();
  assert.notEqual((await second).id, first.id);
  assert.deepEqual(proxy.asked, [null, first.mark]);
  await events.return(undefined);
});

test("whoever kept the mark goes on there with a new client", async () => {
  const events = (await listener()).events({ signal: ended.signal });
  const { mark } = await next(events);
  await events.return(undefined);
  await push();
  const later = (await listener()).events({ after: mark, signal: ended.signal });
  assert.equal((await next(later)).kind, "hello");
  assert.equal((await changed(later)).subject_id, told.goalId);
  await later.return(undefined);
});

test("a mark that means nothing is a reset", async () => {
  const events = (await listener()).events({ after: "long ago", signal: ended.signal });
  assert.equal((await next(events)).kind, "reset");
  await events.return(undefined);
});

test("a server that is away for a moment is asked again", async () => {
  proxy.refusals.push(503, 502);
  const events = (await listener()).events({ signal: ended.signal });
  assert.equal((await next(events)).kind, "hello");
  assert.equal(proxy.asked.length, 3);
  await events.return(undefined);
});

test("a token that has run out is renewed on the way back", async () => {
  const store = inMemory();
  const events = (await listener(store)).events({ signal: ended.signal });
  await next(events);
  const tokens = store.read();
  assert(tokens);
  store.write({ ...tokens, access_token: "run-out" });
  proxy.cut();
  assert.equal((await next(events)).kind, "hello");
  assert.notEqual(store.read()?.access_token, "run-out");
  await events.return(undefined);
});

test("whoever may not listen is told so, and not again and again", async () => {
  await assert.rejects(new Attain({ baseUrl }).events().next(), { name: "AttainError", status: 401 });
  assert.equal(proxy.asked.length, 1);
});

test("aborting ends the events quietly, also while they wait", async () => {
  const events = (await listener()).events({ signal: ended.signal });
  await next(events);
  const waiting = events.next();
  ended.abort();
  assert.deepEqual(await waiting, { done: true, value: undefined });
});

test("leaving the loop closes the connection", async () => {
  for await (const event of (await listener()).events({ signal: ended.signal })) {
    assert.equal(event.kind, "hello");
    break;
  }
  await proxy.left;
});

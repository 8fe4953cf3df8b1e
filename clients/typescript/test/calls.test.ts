import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Attain, AttainError, idempotent, ifMatch, type ShopRead } from "@attain/client";
import { baseUrl, makeGoal, makeWorld, signedIn, type Told, type World } from "./world.ts";

let world: World;
let told: Told;
before(async () => {
  world = await makeWorld();
  told = await makeGoal(world);
  for (const external_id of ["b", "c", "d", "e"]) {
    await world.attain.post("/v1/shops", { body: { platform: "tmall", external_id, name: external_id } });
  }
});

async function refused(call: Promise<unknown>): Promise<AttainError> {
  const error: unknown = await call.then(
    () => assert.fail("it was not refused"),
    (error: unknown) => error,
  );
  assert(error instanceof AttainError, String(error));
  return error;
}

const goalAt = (goal_id: string) => ({ params: { path: { goal_id } } });

test("a list is read page by page to its end", async () => {
  const shops: ShopRead[] = [];
  for await (const shop of world.attain.items("/v1/shops", { params: { query: { limit: 2 } } })) shops.push(shop);
  assert.deepEqual(shops.map((shop) => shop.external_id).sort(), ["b", "c", "d", "e", "shop"]);
});

test("pages are asked for as they are read, and no further", async () => {
  let asked = 0;
  const attain = await signedIn(world.admin, (request) => {
    asked += request.url.includes("/v1/shops") ? 1 : 0;
    return fetch(request);
  });
  for await (const shop of attain.items("/v1/shops", { params: { query: { limit: 2, sort: "name" } } })) {
    if (shop.name === "c") break;
  }
  assert.equal(asked, 1);
});

test("a repeated parameter is sent as often as it has values", async () => {
  const { data } = await world.attain.get("/v1/metric-values/total", {
    params: { query: { shop_id: [told.shopId, told.shopId], metric: "gmv", from: "2025-07-01", to: "2025-07-02" } },
  });
  assert.equal(data.value, null);
});

test("what is not there is a problem with a code", async () => {
  const error = await refused(world.attain.get("/v1/goals/{goal_id}", goalAt("01a2007e-9da3-7206-b206-c4a79ecdb918")));
  assert.equal(error.status, 404);
  assert.equal(error.code, "not-found");
  assert.equal(error.problem?.type, "urn:attain:problem:not-found");
  assert.equal(error.requestId, error.problem?.request_id);
  assert(!error.isPassing);
});

test("wrong input is told field by field", async () => {
  const error = await refused(
    world.attain.post("/v1/shops", { body: { platform: "tmall", external_id: "", name: "", currency: "money" } }),
  );
  assert.equal(error.status, 422);
  const pointers = error.errors.map(({ pointer }) => pointer);
  assert(pointers.includes("/name") && pointers.includes("/currency"), pointers.join());
});

test("problems are told in the language that was asked for", async () => {
  const attain = await signedIn(world.admin);
  const missing = () => refused(attain.get("/v1/goals/{goal_id}", goalAt("01a2007e-9da3-7206-b206-c4a79ecdb918")));
  attain.language = "zh-CN";
  assert.match((await missing()).message, /\p{Script=Han}/u);
  attain.language = "en";
  assert.doesNotMatch((await missing()).message, /\p{Script=Han}/u);
});

test("a goal is changed in the version that was read, and not in one that has passed", async () => {
  const read = await world.attain.get("/v1/goals/{goal_id}", goalAt(told.goalId));
  const change = (title: string) =>
    world.attain.patch("/v1/goals/{goal_id}", {
      params: { path: { goal_id: told.goalId }, header: ifMatch(read) },
      body: { title },
    });
  const changed = await change("提升转化");
  assert.equal(changed.data.title, "提升转化");
  assert.notEqual(changed.etag, read.etag);
  const error = await refused(change("提升销售"));
  assert.equal(error.status, 412);
});

test("a change without a version is refused", async () => {
  const call = world.attain.patch("/v1/goals/{goal_id}", { ...goalAt(told.goalId), body: { title: "x" } });
  assert.equal((await refused(call)).status, 428);
});

test("the same key creates once, and is refused for something else", async () => {
  const header = idempotent();
  const create = (external_id: string) =>
    world.attain.post("/v1/shops", { params: { header }, body: { platform: "jd", external_id, name: "京东店" } });
  const [first, again] = [await create("one"), await create("one")];
  assert.equal(again.data.id, first.data.id);
  const error = await refused(create("other"));
  assert.deepEqual([error.status, error.code], [409, "idempotency-key-reused"]);
});

test("an answer without a body has no data", async () => {
  const { data } = await world.attain.post("/v1/positions", {
    body: { name: "店长", function: "operations", tier: "middle", grade: "staff" },
  });
  const deleted = await world.attain.delete("/v1/positions/{position_id}", {
    params: { path: { position_id: data.id } },
  });
  assert.equal(deleted.data, undefined);
  assert.equal(deleted.response.status, 204);
});

test("a file is read as one", async () => {
  const { data, response } = await world.attain.post("/v1/people/export", {
    params: { query: { format: "xlsx" } },
    parseAs: "blob",
  });
  assert.equal(data.type, response.headers.get("Content-Type"));
  assert.equal(await data.slice(0, 2).text(), "PK");
});

test("a key of a connector pushes, and the goal shows it", async () => {
  const batch = await told.push("800");
  const { data } = await world.attain.get("/v1/goals/{goal_id}/attainment", {
    params: { path: { goal_id: told.goalId }, query: { wait_for_batch: batch, timeout: 20 } },
  });
  assert.equal(data.indicators[0]?.actual_low ?? data.indicators[0]?.actual, "800");
});

test("what something else than Attain answers is an error all the same", async () => {
  const busy = async () => new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "Retry-After": "3" } });
  const error = await refused(new Attain({ baseUrl, fetch: busy }).get("/v1/me"));
  assert.deepEqual([error.code, error.problem, error.retryAfter, error.isPassing], ["http-502", null, 3, true]);
});

test("a call can be given up", async () => {
  const call = world.attain.get("/v1/me", { signal: AbortSignal.abort() });
  await assert.rejects(call, { name: "AbortError" });
});

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Attain, AttainError, inMemory, type Fetch } from "@attain/client";
import { baseUrl, makeWorld, signedIn, type World } from "./world.ts";

let world: World;
before(async () => {
  world = await makeWorld();
});

/** Whose access token has run out: to the server one that it does not know is the same. */
function runOut(store: ReturnType<typeof inMemory>): void {
  const tokens = store.read();
  assert(tokens);
  store.write({ ...tokens, access_token: "run-out" });
}

/** Counts the requests by their paths. */
function counting(): { fetch: Fetch; count: (path: string) => number } {
  const paths: string[] = [];
  return {
    fetch: (request) => {
      paths.push(new URL(request.url).pathname);
      return fetch(request);
    },
    count: (path) => paths.filter((one) => one === path).length,
  };
}

test("whoever signs in is known to be who they are", async () => {
  const { data } = await world.attain.get("/v1/me");
  assert.equal(data.email, world.admin.email);
  assert(data.roles.includes("admin"));
  assert(world.attain.isSignedIn);
});

test("a wrong password signs nobody in", async () => {
  const attain = new Attain({ baseUrl });
  const failed = attain.signIn({ ...world.admin, password: "wrong, and long enough" });
  await assert.rejects(failed, { name: "AttainError", status: 401, code: "invalid-credentials" });
  assert(!attain.isSignedIn);
});

test("who has not signed in is told so", async () => {
  await assert.rejects(new Attain({ baseUrl }).get("/v1/me"), { name: "AttainError", status: 401 });
});

test("a token that has run out is renewed once, however many calls find out", async () => {
  const { fetch, count } = counting();
  const store = inMemory();
  const attain = new Attain({ baseUrl, store, fetch });
  await attain.signIn(world.admin);
  const first = store.read();
  runOut(store);
  const replies = await Promise.all(Array.from({ length: 10 }, () => attain.get("/v1/me")));
  assert(replies.every(({ data }) => data.email === world.admin.email));
  assert.equal(count("/v1/auth/refresh"), 1);
  assert.notEqual(store.read()?.refresh_token, first?.refresh_token);
});

test("a body is sent again whole after the token was renewed", async () => {
  const store = inMemory();
  const attain = new Attain({ baseUrl, store });
  await attain.signIn(world.admin);
  runOut(store);
  const { data } = await attain.post("/v1/departments", { body: { name: "运营部", function: "operations" } });
  assert.equal(data.name, "运营部");
});

test("two tabs with one store renew in turn, and both go on", async () => {
  const { fetch, count } = counting();
  const store = inMemory();
  const tabs = [new Attain({ baseUrl, store, fetch }), new Attain({ baseUrl, store, fetch })] as const;
  await tabs[0].signIn(world.admin);
  runOut(store);
  await Promise.all(tabs.map((tab) => tab.get("/v1/me")));
  assert.equal(count("/v1/auth/refresh"), 1);
});

test("a session that was ended elsewhere is over here", async () => {
  const store = inMemory();
  const attain = new Attain({ baseUrl, store });
  await attain.signIn(world.admin);
  const other = await signedIn(world.admin);
  await other.post("/v1/auth/sessions/actions/revoke-others");
  await assert.rejects(attain.get("/v1/me"), (error) => error instanceof AttainError && error.status === 401);
  assert(!attain.isSignedIn);
  assert((await other.get("/v1/me")).data.email);
});

test("after signing out the old tokens are worth nothing", async () => {
  const store = inMemory();
  const attain = new Attain({ baseUrl, store });
  await attain.signIn(world.admin);
  const tokens = store.read();
  await attain.signOut();
  assert(!attain.isSignedIn);
  store.write(tokens);
  await assert.rejects(attain.get("/v1/me"), { status: 401 });
});

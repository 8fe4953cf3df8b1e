// Who is signed in: their tokens, which live no longer than the tab.

import { locale } from "./language.js";

const KEY = "attain-console";
const EARLY_MS = 30_000;
const PATIENCE_MS = 30_000; // a refresh token is good once: giving up on its answer would end the session

let tokens = JSON.parse(sessionStorage.getItem(KEY));
let renewing = null;
let whenEnded = () => {};

const otherTabs = new BroadcastChannel(KEY);
otherTabs.onmessage = leave;

/** An answer that is not what was asked for; status 0 where there was none. */
export class Failure extends Error {
  constructor(status, problem = null) {
    super(problem?.detail ?? `status ${status}`);
    this.status = status;
    this.code = problem?.code ?? (status === 0 ? "unreachable" : "failed");
    this.errors = problem?.errors ?? [];
    this.problem = problem;
  }
}

export const isSignedIn = () => tokens !== null;

/** Be told when the session has ended, on purpose or not. */
export const onEnd = (tell) => (whenEnded = tell);

function keep(issued) {
  tokens = issued && {
    access: issued.access_token,
    refresh: issued.refresh_token,
    endsAt: Date.now() + issued.expires_in * 1000,
  };
  if (tokens) sessionStorage.setItem(KEY, JSON.stringify(tokens));
  else sessionStorage.removeItem(KEY);
}

/** One request as it is, without anybody's name; throws `Failure` where there is no answer. */
export async function exchange(path, options = {}) {
  const { headers, ...rest } = options;
  try {
    return await fetch(path, {
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      headers: { Accept: "application/json", "Accept-Language": locale, ...headers },
      ...rest,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0);
  }
}

/** The problem that an answer tells of. */
export async function failureOf(response) {
  return new Failure(response.status, await response.json().catch(() => null));
}

async function issued(path, options) {
  const response = await exchange(path, { method: "POST", signal: AbortSignal.timeout(PATIENCE_MS), ...options });
  if (!response.ok) throw await failureOf(response);
  return response.json();
}

const byRefresh = (path, refresh) =>
  issued(path, { headers: { "Content-Type": "application/json" }, body: JSON.stringify({ refresh_token: refresh }) });

/** Sign in, to one of the account's companies where it has several; throws `Failure` `company-required`. */
export async function signIn({ email, password, company }) {
  const form = new URLSearchParams({ grant_type: "password", username: email, password });
  if (company) form.set("scope", `company:${company}`);
  keep(await issued("/v1/auth/token", { body: form }));
}

/** Forget the tokens here at once, in every tab, and have the API refuse them from now on if it can be told. */
export function signOut() {
  otherTabs.postMessage("sign-out");
  return leave();
}

async function leave() {
  const refresh = tokens?.refresh;
  end();
  if (!refresh) return;
  const headers = { "Content-Type": "application/json" };
  const told = exchange("/v1/auth/logout", { method: "POST", headers, body: JSON.stringify({ refresh_token: refresh }) });
  await told.catch((failure) => console.info("The API could not be told of the sign-out", failure.status));
}

function end() {
  keep(null);
  whenEnded();
}

/** What comes of it is of no use to whoever signed out, or in as somebody else, meanwhile. */
async function renew() {
  const before = tokens;
  try {
    const renewed = await byRefresh("/v1/auth/refresh", before.refresh);
    if (tokens === before) keep(renewed);
  } catch (failure) {
    if (failure.status === 401 && tokens === before) end();
    throw failure;
  }
}

/** An access token; a new one where the present one ends soon or was refused. Asked for once, however many wait. */
export async function accessToken({ refused = null } = {}) {
  if (!tokens) throw new Failure(401);
  if (tokens.access === refused || Date.now() > tokens.endsAt - EARLY_MS) {
    renewing ??= renew().finally(() => (renewing = null));
    await renewing;
  }
  if (!tokens) throw new Failure(401);
  return tokens.access;
}

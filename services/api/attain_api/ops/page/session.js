// Who is looking: sign-in, the tokens, and requests made with them. Tokens live no longer than the tab.

import { language } from "./words.js";

const KEY = "attain-ops";
const ASK_SECONDS = 8;
const RENEW_SECONDS = 30; // a refresh token is good once: giving up on its answer would end the session
const EARLY_SECONDS = 30;

let tokens = JSON.parse(sessionStorage.getItem(KEY));
let renewing = null;

/** An answer that is not what was asked for; status 0 where there was none. */
export class Failure extends Error {
  constructor(status, problem = null) {
    super(problem?.detail ?? `status ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

export const isSignedIn = () => tokens !== null;

/** Ask for JSON; `{status, body, date}`, whatever the status. */
export async function ask(path, { seconds = ASK_SECONDS, headers = {}, ...options } = {}) {
  let response;
  try {
    response = await fetch(path, {
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(seconds * 1000),
      headers: { Accept: "application/json", "Accept-Language": language, ...headers },
      ...options,
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("Content-Type") ?? "");
    return { status: response.status, body: isJson ? JSON.parse(text) : null, date: response.headers.get("Date") };
  } catch {
    throw new Failure(response?.status ?? 0);
  }
}

async function askFor(path, options) {
  const { status, body, date } = await ask(path, options);
  if (status >= 300) throw new Failure(status, body);
  return { body, date };
}

function keep(issued) {
  tokens = issued && {
    access: issued.access_token,
    refresh: issued.refresh_token,
    endsAt: Date.now() + issued.expires_in * 1000,
  };
  if (tokens) sessionStorage.setItem(KEY, JSON.stringify(tokens));
  else sessionStorage.removeItem(KEY);
}

/** Sign in, to one of the account's companies where it has several; throws `Failure`. */
export async function signIn({ email, password, company }) {
  const form = new URLSearchParams({ grant_type: "password", username: email, password });
  if (company) form.set("scope", `company:${company}`);
  keep((await askFor("/v1/auth/token", { method: "POST", body: form })).body);
}

/** Forget the tokens here at once, and have the API refuse them from now on if it can be told. */
export async function signOut() {
  const refresh = tokens?.refresh;
  keep(null);
  if (refresh) await post("/v1/auth/logout", refresh).catch(() => null);
}

const post = (path, refresh) =>
  askFor(path, {
    method: "POST",
    seconds: RENEW_SECONDS,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refresh_token: refresh }),
  });

async function renew() {
  try {
    keep((await post("/v1/auth/refresh", tokens.refresh)).body);
  } catch (failure) {
    if (failure.status === 401) keep(null);
    throw failure;
  }
}

/** New tokens; asked for once, however many wait for them. */
function renewed() {
  renewing ??= renew().finally(() => (renewing = null));
  return renewing;
}

/** Ask as whoever signed in; `{body, date}`. Throws `Failure`: 401 where the session has ended. */
export async function get(path) {
  if (!tokens) throw new Failure(401);
  if (Date.now() > tokens.endsAt - EARLY_SECONDS * 1000) await renewed();
  const used = tokens.access;
  try {
    return await askFor(path, { headers: { Authorization: `Bearer ${used}` } });
  } catch (failure) {
    if (failure.status !== 401 || !tokens) throw failure;
    if (tokens.access === used) await renewed();
    return askFor(path, { headers: { Authorization: `Bearer ${tokens.access}` } });
  }
}

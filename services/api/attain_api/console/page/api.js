// The API as whoever signed in: JSON in, JSON out, problems thrown as `Failure`.

import { Failure, accessToken, exchange, failureOf } from "./session.js";

const PATIENCE_MS = 40_000; // longer than the longest wait that the API offers

async function named(path, { headers, ...options }, refused = null) {
  const token = await accessToken({ refused });
  const response = await exchange(path, { ...options, headers: { ...headers, Authorization: `Bearer ${token}` } });
  if (response.status === 401 && refused === null) return named(path, { headers, ...options }, token);
  if (!response.ok) throw await failureOf(response);
  return response;
}

/** The answer itself, such as a file or a stream; throws `Failure`. */
export const open = (path, options = {}) => named(path, options);

const address = (path, query = {}) => {
  const known = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const pairs = known.flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  return pairs.length ? `${path}?${new URLSearchParams(pairs)}` : path;
};

async function ask(path, { query, ...options }) {
  const response = await named(address(path, query), { signal: AbortSignal.timeout(PATIENCE_MS), ...options });
  const text = await response.text().catch(() => {
    throw new Failure(0); // the network went away within the answer
  });
  return { body: text ? JSON.parse(text) : null, etag: response.headers.get("ETag") };
}

/** One resource, or one part of a list. */
export const get = async (path, query) => (await ask(path, { query })).body;

/** One resource and the tag of its version: `{body, etag}`; hand the tag to `send` with a change. */
export const read = (path, query) => ask(path, { query });

/** A whole list, part by part, up to `most` items. */
export async function list(path, query = {}, { most = 2000 } = {}) {
  const items = [];
  let cursor = null;
  do {
    const part = await get(path, { limit: 200, ...query, cursor });
    items.push(...part.items);
    cursor = part.next_cursor;
  } while (cursor && items.length < most);
  return items;
}

/** What is asked, or `otherwise` where the caller may not ask it. */
export const whereAllowed = (asking, otherwise = null) =>
  asking.catch((failure) => {
    if (failure.status === 403) return otherwise;
    throw failure;
  });

/** Change something, in the version read where `etag` is given; `{body, etag}`. */
export function send(method, path, body, { etag } = {}) {
  const headers = { "Content-Type": "application/json", ...(etag && { "If-Match": etag }) };
  return ask(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

/** Whether what was sent may have been done all the same: then it is sent again with the same key. */
export const mayBeDone = ({ status }) => status === 0 || status >= 500;

/** Create something, beside the version read where `etag` is given; sent again with the same `key` it is not created twice. */
export function create(path, body, { key = crypto.randomUUID(), etag } = {}) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key, ...(etag && { "If-Match": etag }) };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

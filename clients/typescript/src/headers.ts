import type { Reply } from "./calls.js";

/** For a change of what was read: refused with `412` where somebody else was quicker. */
export function ifMatch(read: Reply<unknown>): { "If-Match": string } {
  if (read.etag === null) throw new TypeError("that answer has no ETag");
  return { "If-Match": read.etag };
}

/** For a `POST` that creates: sent again with the same key, it creates nothing twice. */
export function idempotent(key: string = randomKey()): { "Idempotency-Key": string } {
  return { "Idempotency-Key": key };
}

function randomKey(): string {
  // not randomUUID, which browsers have on https and localhost alone
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export { Attain, type AttainOptions } from "./attain.js";
export type { Answer, Call, Item, ListPath, Method, PathOf, Reply } from "./calls.js";
export { AttainError } from "./errors.js";
export type { EventsOptions, Happening, LiveEvent, Start } from "./events.js";
export { idempotent, ifMatch } from "./headers.js";
export type * from "./schema.js";
export { inMemory, type Fetch, type SignIn, type Tokens, type TokenStore } from "./session.js";

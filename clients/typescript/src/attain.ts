import createClient, { type Client } from "openapi-fetch";
import type { Call, Init, Item, ListPath, Method } from "./calls.js";
import { AttainError } from "./errors.js";
import { listen, type EventsOptions, type LiveEvent } from "./events.js";
import type { paths } from "./schema.js";
import { inMemory, Session, type Fetch, type SignIn, type TokenStore } from "./session.js";

export interface AttainOptions {
  /** Where Attain serves: `https://attain.example.com`. */
  baseUrl: string;
  /** Of titles and details: `zh-CN` or `en`. */
  language?: string;
  /** For programs, instead of signing in. */
  apiKey?: string;
  /** Where tokens are kept; in memory without. */
  store?: TokenStore;
  /** Instead of the platform's own. */
  fetch?: Fetch;
}

/** Attain, for one caller. Every call answers what went well, and throws an `AttainError` otherwise. */
export class Attain {
  readonly get: Call<"get"> = this.#call("get");
  readonly post: Call<"post"> = this.#call("post");
  readonly put: Call<"put"> = this.#call("put");
  readonly patch: Call<"patch"> = this.#call("patch");
  readonly delete: Call<"delete"> = this.#call("delete");
  /** Of titles and details, from the next call on. */
  language: string | null;

  readonly #baseUrl: string;
  readonly #session: Session;
  readonly #http: Client<paths>;

  constructor({ baseUrl, language, apiKey, store, fetch = (request) => globalThis.fetch(request) }: AttainOptions) {
    this.#baseUrl = baseUrl.replace(/\/+$/, "");
    this.language = language ?? null;
    const send: Fetch = (request) => {
      if (this.language !== null) request.headers.set("Accept-Language", this.language);
      if (apiKey !== undefined) request.headers.set("Authorization", `Bearer ${apiKey}`);
      return fetch(request);
    };
    this.#session = new Session(this.#baseUrl, store ?? inMemory(), send);
    this.#http = createClient<paths>({ baseUrl: this.#baseUrl, fetch: (request) => this.#session.send(request) });
  }

  get isSignedIn(): boolean {
    return this.#session.isSignedIn;
  }

  /** From here on the tokens are sent, and renewed by themselves. */
  signIn(credentials: SignIn): Promise<void> {
    return this.#session.signIn(credentials);
  }

  signOut(): Promise<void> {
    return this.#session.signOut();
  }

  /** All that a list holds, page by page as it is read. */
  async *items<P extends ListPath>(path: P, init?: Init<"get", P>): AsyncGenerator<Item<P>> {
    const get = this.get as unknown as (path: string, init: object) => Promise<{ data: Page<Item<P>> }>;
    const params = (init as { params?: { query?: object } } | undefined)?.params;
    let cursor: string | null = null;
    do {
      const query = { ...params?.query, ...(cursor === null ? {} : { cursor }) };
      const { data }: { data: Page<Item<P>> } = await get(path, { ...init, params: { ...params, query } });
      yield* data.items;
      cursor = data.next_cursor;
    } while (cursor !== null);
  }

  /** What happens from now on, or after a mark: see `LiveEvent`. */
  events(options: EventsOptions = {}): AsyncGenerator<LiveEvent> {
    return listen(`${this.#baseUrl}/v1/events`, (request) => this.#session.send(request), options);
  }

  #call<M extends Method>(method: M): Call<M> {
    const call = async (path: never, ...init: never) => {
      const { data, error, response } = await this.#http.request(method, path, ...init);
      if (!response.ok) throw new AttainError(response, error);
      return { data, etag: response.headers.get("ETag"), response };
    };
    return call as unknown as Call<M>;
  }
}

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

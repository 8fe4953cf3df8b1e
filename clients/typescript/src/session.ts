import { AttainError } from "./errors.js";
import type { TokenRead } from "./schema.js";

export type Tokens = Pick<TokenRead, "access_token" | "refresh_token">;

/** Where tokens are kept: in memory unless another place is given, such as one in `sessionStorage`. */
export interface TokenStore {
  read(): Tokens | null;
  write(tokens: Tokens | null): void;
}

export function inMemory(): TokenStore {
  let kept: Tokens | null = null;
  return {
    read: () => kept,
    write: (tokens) => {
      kept = tokens;
    },
  };
}

export type Fetch = (request: Request) => Promise<Response>;

export interface SignIn {
  email: string;
  password: string;
  /** The code of the company, for accounts that belong to several. */
  company?: string;
}

/** Signs requests, and renews the access token when it has run out: once, however many requests find out. */
export class Session {
  readonly #baseUrl: string;
  readonly #store: TokenStore;
  readonly #fetch: Fetch;
  #renewing: Promise<Tokens | null> | null = null;

  constructor(baseUrl: string, store: TokenStore, fetch: Fetch) {
    this.#baseUrl = baseUrl;
    this.#store = store;
    this.#fetch = fetch;
  }

  get isSignedIn(): boolean {
    return this.#store.read() !== null;
  }

  async signIn({ email, password, company }: SignIn): Promise<void> {
    const form = new URLSearchParams({ grant_type: "password", username: email, password });
    if (company !== undefined) form.set("scope", `company:${company}`);
    this.#store.write(await this.#ask("/v1/auth/token", form));
  }

  async signOut(): Promise<void> {
    const tokens = this.#store.read();
    this.#store.write(null);
    if (tokens === null) return;
    const response = await this.#post("/v1/auth/logout", asJson(tokens));
    if (!response.ok) throw await AttainError.of(response);
  }

  /** The answer to a request that is signed with the token, if there is one. */
  async send(request: Request): Promise<Response> {
    const tokens = this.#store.read();
    if (tokens === null) return this.#fetch(request);
    const again = request.clone();
    const response = await this.#fetch(signed(request, tokens));
    if (response.status !== 401) return response;
    this.#renewing ??= this.#renew(tokens).finally(() => {
      this.#renewing = null;
    });
    const renewed = await this.#renewing;
    if (renewed === null) return response;
    await response.body?.cancel();
    return this.#fetch(signed(again, renewed));
  }

  /** A refresh token is good once, so tabs that share a store take turns. */
  #renew(used: Tokens): Promise<Tokens | null> {
    return exclusively(`attain ${this.#baseUrl}`, async () => {
      const kept = this.#store.read();
      if (kept?.access_token !== used.access_token) return kept;
      try {
        const renewed = await this.#ask("/v1/auth/refresh", asJson(used));
        this.#store.write(renewed);
        return renewed;
      } catch (error) {
        if (error instanceof AttainError && error.status === 401) this.#store.write(null);
        throw error;
      }
    });
  }

  async #ask(path: string, body: URLSearchParams | Blob): Promise<Tokens> {
    const response = await this.#post(path, body);
    if (!response.ok) throw await AttainError.of(response);
    const { access_token, refresh_token } = (await response.json()) as TokenRead;
    return { access_token, refresh_token };
  }

  #post(path: string, body: URLSearchParams | Blob): Promise<Response> {
    return this.#fetch(new Request(this.#baseUrl + path, { method: "POST", body }));
  }
}

function asJson({ refresh_token }: Tokens): Blob {
  return new Blob([JSON.stringify({ refresh_token })], { type: "application/json" });
}

function signed(request: Request, { access_token }: Tokens): Request {
  request.headers.set("Authorization", `Bearer ${access_token}`);
  return request;
}

async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  // not everywhere: browsers have it on https and localhost, Node from 24 on
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  return locks === undefined ? work() : ((await locks.request(name, work)) as T);
}

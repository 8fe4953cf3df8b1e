import type { Client, ClientPathsWithMethod, FetchResponse, MaybeOptionalInit, ParseAs } from "openapi-fetch";
import type { paths } from "./schema.js";

export type Method = "get" | "post" | "put" | "patch" | "delete";
type Media = `${string}/${string}`;
/** Every path that takes this method. */
export type PathOf<M extends Method> = ClientPathsWithMethod<Client<paths>, M>;

type Data<M extends Method, P extends PathOf<M>, As extends ParseAs> = Exclude<
  FetchResponse<paths[P][M] & {}, { parseAs: As }, Media>["data"],
  undefined
>;

/** What the API answered. */
export interface Reply<T> {
  /** The resource; undefined where the answer has no body. */
  data: T;
  /** The version of the resource, for `ifMatch`; null where it has none. */
  etag: string | null;
  response: Response;
}

export type Answer<M extends Method, P extends PathOf<M>, As extends ParseAs = "json"> = [Data<M, P, As>] extends [never]
  ? undefined
  : Data<M, P, As>;

/** What goes with a call: parameters, body, signal; left out where nothing of it is required. */
export type Init<M extends Method, P extends PathOf<M>> = MaybeOptionalInit<paths[P], M>;
type Args<I, More> = undefined extends I ? [init?: NonNullable<I> & More] : [init: I & More];

/** A file is read by `parseAs: "blob"`. */
export type Call<M extends Method> = <P extends PathOf<M>, As extends ParseAs = "json">(
  path: P,
  ...init: Args<Init<M, P>, { parseAs?: As }>
) => Promise<Reply<Answer<M, P, As>>>;

/** The paths that answer lists. */
export type ListPath = {
  [P in PathOf<"get">]: Answer<"get", P> extends { items: unknown[]; next_cursor: string | null } ? P : never;
}[PathOf<"get">];

/** What a list is a list of. */
export type Item<P extends ListPath> = Answer<"get", P> extends { items: (infer T)[] } ? T : never;

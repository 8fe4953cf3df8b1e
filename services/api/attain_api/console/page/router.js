// Where somebody is: `#/goals/<id>?cycle=<id>`. The part before `?` names page and subject, so that reloading stays there.

import { useEffect, useState } from "./view.js";

/** A part as it was before `to` wrote it; as it stands where somebody mistyped an address. */
function part(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `{name, rest, query}` of the address. */
export function here() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/").filter(Boolean).map(part);
  return { name: name ?? "", rest, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The address of a place: `to("goals", id, {cycle})`. */
export function to(...parts) {
  const query = typeof parts.at(-1) === "object" ? parts.pop() : {};
  const known = Object.entries(query).filter(([, value]) => value);
  const path = `#/${parts.map(encodeURIComponent).join("/")}`;
  return known.length ? `${path}?${new URLSearchParams(known)}` : path;
}

/** Go there; `instead` leaves no step back to where we are. */
export function go(address, { instead = false } = {}) {
  if (instead) location.replace(address);
  else location.hash = address;
}

/** Where we are, followed. */
export function useHere() {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const follow = () => setPlace(here());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return place;
}

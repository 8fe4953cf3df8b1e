// Data that a page asks for: loading, there, or failed; asked again on demand, with what was there kept meanwhile.

import { useEffect, useRef, useState } from "./view.js";

const NOTHING = { state: "loading", data: null, failure: null };

/**
 * `useAsked(() => get("/v1/me"), [deps])`: `{state, data, failure, again}`, `state` `loading`, `ready` or `failed`.
 * An answer that comes after a later question is dropped. `again()` keeps what is shown until the answer is there.
 */
export function useAsked(question, needs = []) {
  const [shown, show] = useState(NOTHING);
  const turn = useRef(0);
  const latest = useRef();
  latest.current = question;

  const again = async ({ quiet = true } = {}) => {
    const mine = ++turn.current;
    if (!quiet) show(NOTHING);
    try {
      const data = await latest.current();
      if (mine === turn.current) show({ state: "ready", data, failure: null });
    } catch (failure) {
      if (mine === turn.current) show((before) => (quiet && before.data ? before : { ...NOTHING, state: "failed", failure }));
    }
  };
  useEffect(() => {
    again({ quiet: false });
    return () => void turn.current++;
  }, needs);
  return { ...shown, again };
}

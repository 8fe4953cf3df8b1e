// The beginning: the words, who is signed in, and the page of the address.

import { get } from "./api.js";
import { Nav, TopBar } from "./components/nav.js";
import { Empty, Loading, Problem } from "./components/states.js";
import { language, loadWords, locale, t } from "./language.js";
import { startLive, stopLive } from "./live.js";
import { forgetNames } from "./names.js";
import { go, to, useHere } from "./router.js";
import { pagesOf } from "./pages.js";
import { isSignedIn, onEnd } from "./session.js";
import { SignIn } from "./sign_in.js";
import { html, render, useEffect, useErrorBoundary, useState } from "./view.js";

/** What the caller may see: who they are, and the departments they lead or may read. */
async function whoAmI() {
  const me = await get("/v1/me");
  if (!me.person_id) return { ...me, leads: [], hasTeam: false };
  const [led, team] = await Promise.all([
    get("/v1/departments", { head_id: me.person_id, limit: 200 }).then((page) => page.items).catch(none),
    get("/v1/people", { manager_id: me.person_id, limit: 1 }).then((page) => page.items).catch(none),
  ]);
  return { ...me, leads: led, hasTeam: led.length > 0 || team.length > 0 };
}

/** Some roles may not ask: what they are not told of is not theirs. */
function none(failure) {
  if (failure.status === 403 || failure.status === 422) return [];
  throw failure;
}

const Nothing = () => html`<${Empty} title=${t("shell.noPages")} />`;

/** A page that cannot be drawn says so, and leaves the way to the others. */
function Guarded({ children }) {
  const [fault, forget] = useErrorBoundary((error) => console.error(error));
  return fault ? html`<${Problem} failure=${fault} again=${forget} />` : children;
}

function Shown({ place, me }) {
  const [page, show] = useState(null);
  useEffect(() => {
    show(null);
    const pages = pagesOf(me);
    const found = pages.find(({ name }) => name === place.name);
    if (!pages.length) return show({ name: place.name, Page: Nothing });
    if (!found) return go(to(pages[0].name), { instead: true });
    let isWanted = true;
    Promise.all([found.load(), loadWords(...found.words)]).then(
      ([module]) => isWanted && show({ name: found.name, Page: module.default }),
      (failure) => isWanted && show({ failure }),
    );
    return () => (isWanted = false);
  }, [place.name]);
  if (page?.failure) return html`<${Problem} failure=${page.failure} again=${() => location.reload()} />`;
  if (page?.name !== place.name) return html`<${Loading} />`;
  const subject = place.rest.join("/");
  return html`
    <${Guarded} key=${`${place.name}/${subject}`}>
      <${page.Page} key=${subject} me=${me} rest=${place.rest} query=${place.query} />
    <//>`;
}

function SignedIn() {
  const place = useHere();
  const [who, setWho] = useState(null);
  useEffect(() => {
    whoAmI().then((me) => setWho({ me }), (failure) => setWho({ failure }));
    startLive();
    return stopLive;
  }, []);
  if (!who) return html`<main id="main"><${Loading} /></main>`;
  if (who.failure) {
    return html`<main id="main"><${Problem} failure=${who.failure} again=${() => location.reload()} /></main>`;
  }
  return html`
    <${TopBar} me=${who.me} />
    <div class="frame">
      <${Nav} pages=${pagesOf(who.me)} current=${place.name} />
      <main id="main" tabindex="-1"><${Shown} place=${place} me=${who.me} /></main>
    </div>`;
}

function Console() {
  const [isIn, setIn] = useState(isSignedIn());
  useEffect(() => {
    onEnd(() => {
      forgetNames();
      setIn(false);
    });
  }, []);
  const skip = (event) => {
    event.preventDefault(); // the address says where we are
    document.getElementById("main").focus();
  };
  return html`
    <a class="skip" href="#main" onClick=${skip}>${t("shell.skip")}</a>
    ${isIn ? html`<${SignedIn} />` : html`<${SignIn} onSignedIn=${() => setIn(true)} />`}`;
}

document.documentElement.lang = locale;
document.documentElement.dataset.language = language;
await loadWords("shell", "domain");
const place = document.getElementById("console");
place.replaceChildren(); // what stands there until the scripts have come
render(html`<${Console} />`, place);

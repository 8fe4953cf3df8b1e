// A page's frame: its heading, which is gone to whenever the page is, and its parts.

import { t } from "../language.js";
import { html, useEffect, useRef } from "../view.js";
import { Icon } from "./icons.js";

let isFirst = true;

/** `<${Page} title=… intro=… back=${{href, text}} actions=${html`…`}>…<//>`: sets the window's title and takes the focus. */
export function Page({ title, intro, back, actions, children }) {
  const heading = useRef();
  useEffect(() => void (document.title = `${title} · Attain`), [title]);
  useEffect(() => {
    if (!isFirst) heading.current.focus();
    isFirst = false;
  }, []);
  return html`
    <div class="page">
      ${back && html`<a class="back" href=${back.href}><${Icon} name="back" />${back.text}</a>`}
      <div class="page-head">
        <div>
          <h1 ref=${heading} tabindex="-1">${title}</h1>
          ${intro && html`<p class="muted">${intro}</p>`}
        </div>
        ${actions && html`<div class="actions">${actions}</div>`}
      </div>
      ${children}
    </div>`;
}

let count = 0;

/** A part of a page under a heading of its own: `<${Section} title=…>`; `plain` without the card around it. */
export function Section({ title, note, actions, plain = false, children }) {
  const id = useRef(`section-${(count += 1)}`).current;
  return html`
    <section class=${plain ? "section" : "section card"} aria-labelledby=${id}>
      <div class="section-head">
        <h2 id=${id}>${title}</h2>
        ${note && html`<span class="muted">${note}</span>`} ${actions}
      </div>
      ${children}
    </section>`;
}

/** Say something to screen readers, once. */
export function announce(text) {
  const news = document.getElementById("news");
  news.textContent = "";
  requestAnimationFrame(() => (news.textContent = text));
}

/** Words for what is decided elsewhere, opened on demand. */
export const More = ({ title = t("shell.more"), open = false, children }) => html`
  <details class="more" open=${open}><summary>${title}</summary><div>${children}</div></details>`;

// What stands where data should be: not there yet, none, or why it cannot be had.

import { t } from "../language.js";
import { html } from "../view.js";
import { Button } from "./form.js";
import { Icon } from "./icons.js";

export const Loading = () => html`<p class="loading" role="status"><span class="spinner" aria-hidden="true"></span>${t("shell.loading")}</p>`;

export const Empty = ({ title = t("shell.empty"), children }) => html`
  <div class="empty"><p><strong>${title}</strong></p>${children && html`<p class="muted">${children}</p>`}</div>`;

/** A fault that somebody has to see at once; there always, so that screen readers notice the text coming. */
export const Alert = ({ children }) => html`<p class="alert" role="alert">${children}</p>`;

export const Notice = ({ tone = "warn", children }) => html`
  <p class=${`notice ${tone}`}><${Icon} name=${tone === "ok" ? "check" : "warn"} /><span>${children}</span></p>`;

function why({ status, message }) {
  if (status === 0) return t("shell.unreachable");
  if (status === 404) return t("shell.notFound");
  return status ? message : t("shell.broken");
}

/** Why something is not there, and a way to ask again. */
export const Problem = ({ failure, again }) => html`
  <div class="problem" role="alert">
    <p><${Icon} name="warn" /> ${why(failure)}</p>
    ${again && failure.status !== 404 && html`<${Button} onClick=${() => again({ quiet: false })}>${t("shell.again")}<//>`}
  </div>`;

/** `<${Asked} of=${asked}>${(data) => html`…`}<//>`: the data once they are there, else why not. */
export function Asked({ of, children }) {
  const show = [children].flat().find((child) => typeof child === "function");
  if (of.state === "loading") return html`<${Loading} />`;
  if (of.state === "failed") return html`<${Problem} failure=${of.failure} again=${of.again} />`;
  return show(of.data);
}

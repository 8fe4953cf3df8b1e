// The page: asks /readyz always, and /v1/ops once somebody is signed in; puts what is wrong first.

import { drawColumns, drawDependencies, drawFigures, drawWorkers } from "./board.js";
import { drawCharts, recolour } from "./charts.js";
import { Feed } from "./feed.js";
import { findingsOfReadiness, findingsOfSamples, findingsOfStatus, worstFirst } from "./findings.js";
import { badge, element, icon } from "./icons.js";
import { Failure, ask, get, isSignedIn, signIn, signOut } from "./session.js";
import { language, span, timeOfDay, words } from "./words.js";

const at = (id) => document.getElementById(id);

const feeds = {
  readiness: new Feed(loadReadiness, { seconds: 5, changed: draw }),
  status: new Feed(() => get("/v1/ops/status").then(timed), { seconds: 5, changed: draw }),
  samples: new Feed(() => get("/v1/ops/samples").then(timed), { seconds: 15, changed: drawSamples }),
};

/** `/readyz` tells its state in 200 and 503 alike; a proxy's own 503 does not. */
async function loadReadiness() {
  const { status, body } = await ask("/readyz");
  if (!body?.database) throw new Failure(status, body);
  return body;
}

/** By how much the API's clock is ahead of this one, so that ages are right on any telephone. */
let ahead = 0;
const apiNow = () => Date.now() + ahead;
function timed({ body, date }) {
  // the header has whole seconds: less than two are no difference
  const difference = date ? Date.parse(date) - Date.now() : 0;
  ahead = Math.abs(difference) < 2000 ? 0 : difference;
  return body;
}

/** Change an element only where it differs: a live region speaks each change. */
function setText(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}

function draw() {
  if (isSignedIn() && feeds.status.failure?.status === 403) return leave(words.noRole);
  if (feeds.status.running && !isSignedIn()) return leave(words.ended);
  const findings = worstFirst(allFindings());
  drawState(findings);
  drawFindings(findings);
  drawBanner();
  drawDependencies(feeds.readiness.failure ? null : feeds.readiness.value);
  at("sign-in").hidden = isSignedIn();
  at("sign-out").hidden = !isSignedIn();
  at("board").hidden = !(isSignedIn() && feeds.status.value);
  const { value: status, failure, at: asOf } = feeds.status;
  document.body.classList.toggle("stale", Boolean(status && failure));
  setText("as-of", status ? words.asOf(timeOfDay(asOf)) : "");
  if (status && !failure) drawStatus(status);
}

function drawStatus(status) {
  drawFigures(status);
  drawWorkers(status.workers, apiNow());
  const revision = (status.revision ?? "unknown").slice(0, 12);
  setText("footer", words.footer(status.version, revision, span(status.uptime_seconds)));
}

function drawSamples() {
  const { value, failure } = feeds.samples;
  if (value && !failure) drawCharts(value);
  draw();
}

function allFindings() {
  const found = findingsOfReadiness(feeds.readiness);
  const { status, samples } = feeds;
  // what is only remembered is no finding
  if (!status.value || status.failure) return found;
  const hour = samples.failure ? [] : (samples.value?.samples ?? []);
  return [...found, ...findingsOfStatus(status.value, hour, apiNow()), ...findingsOfSamples(hour, apiNow())];
}

/** As the API says it; but nothing is ok with a critical finding. */
function stateOf(findings) {
  if (feeds.readiness.failure) return "unavailable";
  const said = feeds.readiness.value?.status ?? "unknown";
  return said === "ok" && findings.some(({ severity }) => severity === "critical") ? "degraded" : said;
}

function drawState(findings) {
  const state = stateOf(findings);
  if (at("state").dataset.state !== state || !at("state-icon").firstChild) {
    at("state").dataset.state = state;
    at("state-icon").replaceChildren(icon(state));
  }
  setText("state-word", words.states[state]);
  const shown = !isSignedIn() && state === "ok" ? "public" : state === "ok" && findings.length ? "notices" : state;
  setText("state-why", words.why[shown]);
  document.title = `${words.states[state]} · ${words.title}`;
}

let drawnFindings = "";
function drawFindings(findings) {
  at("findings-section").hidden = !findings.length;
  const now = JSON.stringify(findings);
  if (now === drawnFindings) return;
  drawnFindings = now;
  at("findings").replaceChildren(
    ...findings.map(({ severity, text, runbook }) => {
      const shape = badge(severity === "critical" ? "unavailable" : "degraded", words.severity[severity]);
      const section = element("span", "runbook", `${words.runbook}: `, element("code", "", runbook));
      return element("li", severity, shape, element("span", "what", text), section);
    }),
  );
}

/** Why there are no new figures, and of when those shown are. */
function drawBanner() {
  const { failure, at: asOf, value } = feeds.status;
  const hidden = !isSignedIn() || !failure;
  at("banner").hidden = hidden;
  if (hidden) return;
  const { value: readiness, failure: unreadable } = feeds.readiness;
  const said = [words.banner[reasonOf(readiness, unreadable)]];
  if (!unreadable && readiness?.queue.state === "away") said.push(words.banner.queue);
  said.push(value ? words.banner.kept(timeOfDay(asOf)) : words.banner.none);
  setText("banner", said.join(" "));
}

function reasonOf(readiness, unreadable) {
  if (unreadable) return "unreachable";
  if (readiness?.draining) return "draining";
  if (readiness?.database.state === "away") return "database";
  if (readiness?.schema.state === "behind") return "schema";
  return "other";
}

/** Back to signing in, with the reason. */
function leave(reason) {
  feeds.status.clear();
  feeds.samples.clear();
  signOut();
  setText("sign-in-failure", reason);
  draw();
  at("email").focus();
}

async function enter() {
  await Promise.all([feeds.status.start(), feeds.samples.start()]);
}

async function onSignIn(event) {
  event.preventDefault();
  const [form, button] = [at("sign-in-form"), at("sign-in-form").querySelector("button")];
  setText("sign-in-failure", "");
  button.disabled = true;
  try {
    await signIn({ email: form.email.value.trim(), password: form.password.value, company: form.company.value });
    form.reset();
    at("company-field").hidden = true;
    at("company").replaceChildren();
    await enter();
    if (isSignedIn()) at("main").focus();
  } catch (failure) {
    setText("sign-in-failure", whyNot(failure));
  } finally {
    button.disabled = false;
  }
}

function whyNot({ status, problem }) {
  if (problem?.code === "company-required") {
    at("company").replaceChildren(...problem.companies.map((code) => new Option(code, code)));
    at("company-field").hidden = false;
    return words.chooseCompany;
  }
  if (status === 0 || status >= 500) return words.cannotSignIn;
  return problem?.detail ?? words.failed;
}

document.documentElement.lang = language;
for (const place of document.querySelectorAll("[data-text]")) place.textContent = words[place.dataset.text];
at("host").textContent = location.host;
at("sign-in-form").addEventListener("submit", onSignIn);
at("sign-out").addEventListener("click", () => leave(""));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
drawColumns();
draw();
feeds.readiness.start();
if (isSignedIn()) enter();

// The numbers of an indicator that no shop measures: entered by the goal's owner, accepted by the superior (GOAL-4).

import { create, list, mayBeDone, send } from "../../api.js";
import { useAsked } from "../../asked.js";
import { Badge } from "../../components/badge.js";
import { Dialog } from "../../components/dialog.js";
import { Button, Field, Form, TextArea } from "../../components/form.js";
import { announce } from "../../components/page.js";
import { Alert, Asked } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { day, today } from "../../format.js";
import { t } from "../../language.js";
import { html, useRef, useState } from "../../view.js";
import { isNumber } from "./what_if.js";

const STATES = { pending: ["plain", "clock"], accepted: ["ok", "check"], rejected: ["bad", "cross"] };

const told = (failure) => failure && [failure.message, ...(failure.errors ?? []).map(({ detail }) => detail)].join(" ");

function Enter({ path, goal, entered }) {
  const [failure, setFailure] = useState(null);
  const key = useRef(crypto.randomUUID());
  async function enter(values, form) {
    setFailure(null);
    try {
      await create(path, { ...values, value: values.value.trim() }, { key: key.current });
    } catch (fault) {
      if (!mayBeDone(fault)) key.current = crypto.randomUUID();
      return setFailure(fault);
    }
    key.current = crypto.randomUUID();
    form.reset();
    announce(t("shell.saved"));
    await entered();
  }
  const latest = goal.ends_on < today() ? goal.ends_on : today();
  return html`
    <${Form} onSubmit=${enter} failure=${failure}>
      <div class="row">
        <${Field} name="value" label=${t("goals.entered")} inputmode="decimal" pattern=${isNumber} required />
        <${Field} name="on" type="date" label=${t("shell.day")} defaultValue=${latest} min=${goal.starts_on} max=${latest} required />
      </div>
      <${TextArea} name="evidence" label=${t("goals.evidence")} hint=${t("goals.evidenceHint")} required />
      <${Alert}>${told(failure)}<//>
      <div class="row"><${Button} type="submit">${t("goals.enter")}<//></div>
    <//>`;
}

/** What the superior says to a number: accepted, or rejected for a reason. */
function Decide({ path, entry, decided }) {
  const [isRejecting, setRejecting] = useState(false);
  const [failure, setFailure] = useState(null);
  async function decide(action, body) {
    setFailure(null);
    try {
      await send("POST", `${path}/${entry.id}/actions/${action}`, body);
    } catch (fault) {
      return setFailure(fault);
    }
    setRejecting(false);
    announce(t("shell.saved"));
    await decided();
  }
  if (!entry.allowed_actions.includes("accept")) return entry.reason ?? "";
  return html`
    <span class="badges">
      <${Button} onClick=${() => decide("accept")}>${t("goals.accept")}<//>
      <${Button} danger onClick=${() => setRejecting(true)}>${t("goals.reject")}<//>
    </span>
    ${!isRejecting && html`<${Alert}>${told(failure)}<//>`}
    ${isRejecting && html`
      <${Dialog} title=${t("goals.reject")} onClose=${() => setRejecting(false)}>
        <${Form} onSubmit=${(values) => decide("reject", values)} failure=${failure}>
          <${TextArea} name="reason" label=${t("goals.reason")} required />
          <${Alert}>${told(failure)}<//>
          <div class="row"><${Button} type="submit" danger>${t("goals.reject")}<//></div>
        <//>
      <//>`}`;
}

const columns = (path, write, decided) => [
  { title: t("shell.day"), head: true, cell: (entry) => day(entry.on) },
  { title: t("goals.entered"), number: true, cell: (entry) => write(entry.value) },
  { title: t("goals.evidence"), cell: (entry) => entry.evidence },
  {
    title: t("domain.state"),
    cell: ({ state }) => html`<${Badge} tone=${STATES[state][0]} icon=${STATES[state][1]}>${t(`goals.entryState.${state}`)}<//>`,
  },
  { title: t("goals.decision"), cell: (entry) => html`<${Decide} path=${path} entry=${entry} decided=${decided} />` },
];

/** All of them, and a form for one more where `mayEnter`; `changed` asks for the goal anew. */
export function Entries({ goal, indicator, write, mayEnter, changed }) {
  const path = `/v1/goals/${goal.id}/indicators/${indicator.id}/entries`;
  const asked = useAsked(() => list(path), [path]);
  const again = async () => {
    await asked.again();
    await changed();
  };
  return html`
    <div class="stack answer">
      <h3>${t("goals.entries")}</h3>
      <${Asked} of=${asked}>
        ${(entries) =>
          entries.length > 0 &&
          html`<${Table} caption=${t("goals.entries")} columns=${columns(path, write, again)} rows=${entries} keyOf=${({ id }) => id} />`}
      <//>
      ${mayEnter && html`<${Enter} path=${path} goal=${goal} entered=${asked.again} />`}
    </div>`;
}

// A goal's milestones, and that one is done: its owner says so.

import { send } from "../../api.js";
import { Button } from "../../components/form.js";
import { Section, announce } from "../../components/page.js";
import { Alert } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { day } from "../../format.js";
import { t } from "../../language.js";
import { html, useState } from "../../view.js";

export function Milestones({ goal, etag, isMine, again }) {
  const [failure, setFailure] = useState(null);
  async function complete(milestone) {
    setFailure(null);
    try {
      await send("POST", `/v1/goals/${goal.id}/milestones/${milestone.id}/actions/complete`, {}, { etag });
      announce(t("shell.saved"));
    } catch (fault) {
      setFailure(fault.code === "stale" ? new Error(t("shell.stale")) : fault);
    }
    await again();
  }
  const toDo = (one) =>
    isMine && goal.state === "confirmed"
      ? html`<${Button} aria-label=${t("goals.markDoneOf", { title: one.title })} onClick=${() => complete(one)}>${t("goals.markDone")}<//>`
      : t("goals.notDone");
  const columns = [
    { title: t("goals.milestone"), head: true, cell: (one) => one.title },
    { title: t("goals.due"), cell: (one) => day(one.due_on) },
    { title: t("goals.done"), cell: (one) => (one.done_on ? day(one.done_on) : toDo(one)) },
  ];
  return html`
    <${Section} title=${t("goals.milestones")}>
      <${Table} caption=${t("goals.milestones")} columns=${columns} rows=${goal.milestones} keyOf=${({ id }) => id} />
      <${Alert}>${failure?.message}<//>
    <//>`;
}

// Why the score is what it is: the rule that matched among the rules, and what checks found in the figures.

import { Badge } from "../../components/badge.js";
import { More, Section } from "../../components/page.js";
import { Table } from "../../components/table.js";
import { day, percent, score, spanOf } from "../../format.js";
import { t } from "../../language.js";
import { useNames } from "../../names.js";
import { html } from "../../view.js";

const condition = ({ test, op, threshold }) =>
  t(`goals.test.${test}`, { bound: t(op === "<=" ? "goals.atMost" : "goals.atLeast", { threshold: percent(threshold, 0) }) });

function because({ score: decided, score_low: low, rubric }) {
  if (decided === null && low === null) return t("goals.noScore");
  const matched = rubric.rules.find((rule) => rule.matched);
  if (decided === null) return t("goals.undecidedScore");
  return t("goals.because", { condition: matched ? condition(matched) : t("goals.otherwise") });
}

const Rules = ({ rubric }) => {
  const rows = [...rubric.rules, { score: rubric.otherwise, matched: !rubric.rules.some(({ matched }) => matched) }];
  const columns = [
    { title: t("goals.rule"), head: true, cell: (rule) => (rule.test ? condition(rule) : t("goals.otherwise")) },
    { title: t("domain.score"), number: true, cell: (rule) => score(rule.score) },
    { title: t("goals.matched"), cell: (rule) => (rule.matched ? html`<${Badge} tone="accent" icon="check">${t("goals.thisOne")}<//>` : "") },
  ];
  const mark = (rule) => (rule.matched ? "marked" : null);
  return html`<${Table} caption=${t("goals.rules")} columns=${columns} rows=${rows} mark=${mark} />`;
};

export function Why({ explanation }) {
  const names = useNames();
  const { rubric, findings } = explanation;
  const columns = [
    { title: t("domain.shop"), head: true, cell: (finding) => names.shop(finding.shop_id) },
    { title: t("goals.finding"), cell: (finding) => t(`domain.finding.${finding.kind}`) },
    { title: t("shell.day"), cell: (finding) => day(finding.bucket) },
  ];
  return html`
    <${Section} title=${t("goals.whyTitle", { score: spanOf(explanation, "score", score) })}>
      <p>${because(explanation)}</p>
      <p class="muted">${t(`goals.rubric.${rubric.source}`, { name: rubric.name })} · ${t("goals.batches", { count: explanation.batches_total })}</p>
      <${More} title=${t("goals.allRules")}><${Rules} rubric=${rubric} /><//>
      ${findings.length > 0 && html`
        <${More} title=${t("goals.findings", { count: findings.length })}>
          <${Table} caption=${t("goals.findingsTitle")} columns=${columns} rows=${findings} keyOf=${({ id }) => id} />
        <//>`}
    <//>`;
}

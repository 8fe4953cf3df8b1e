"""The words of robots' messages, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass

from attain_shared.alerts.schemas import AlertKind, Severity
from attain_shared.events.schemas import EventKind
from attain_shared.rules.review_flow import Step


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    titles: Mapping[str, str]
    other: str
    labels: Mapping[str, str]
    codes: Mapping[str, str]
    colon: str
    time: str
    open: str
    digest: str


ENGLISH = Words(
    titles={
        EventKind.ALERT_RAISED: "Attain: alert raised",
        EventKind.ALERT_CLEARED: "Attain: alert cleared",
        EventKind.REVIEW_STEP_CHANGED: "Attain: a review is at another step",
        EventKind.ATTAINMENT_CHANGED: "Attain: a goal's attainment has changed",
    },
    other="Attain: test message",
    labels={
        "severity": "Severity",
        "kind": "Kind",
        "rule": "Rule",
        "shop": "Shop",
        "connector": "Connector",
        "department": "Department",
        "goal": "Goal",
        "metric": "Metric",
        "day": "Day",
        "value": "Value",
        "median": "Median",
        "drop": "Below the median by",
        "expected_day": "Figures awaited of",
        "latest_day": "Latest figures of",
        "business_day": "As of",
        "turnover": "Turnover",
        "limit": "Limit",
        "starts_on": "From",
        "ends_on": "To",
        "playbook": "What to do",
        "step": "Step",
    },
    codes={
        AlertKind.SILENT_CONNECTOR: "silent connector",
        AlertKind.METRIC_DROP: "drop of a metric",
        AlertKind.GOAL_OFF_TRACK: "goal off track",
        AlertKind.TURNOVER: "turnover above its limit",
        Step.SELF_ASSESSMENT: "self-assessment",
        Step.MANAGER_ASSESSMENT: "manager's assessment",
        Step.SECOND_LEVEL: "second level",
        Step.HR: "HR",
    },
    colon=": ",
    time="Time",
    open="Open Attain",
    digest="Attain: {count} messages",
)
CHINESE = Words(
    titles={
        EventKind.ALERT_RAISED: "Attain 预警",
        EventKind.ALERT_CLEARED: "Attain 预警已解除",
        EventKind.REVIEW_STEP_CHANGED: "Attain：有一份考核进入了新的步骤",
        EventKind.ATTAINMENT_CHANGED: "Attain：有一个目标的达成情况有变化",
    },
    other="Attain 测试消息",
    labels={
        "severity": "级别",
        "kind": "类型",
        "rule": "规则",
        "shop": "店铺",
        "connector": "数据连接器",
        "department": "部门",
        "goal": "目标",
        "metric": "指标",
        "day": "日期",
        "value": "数值",
        "median": "中位数",
        "drop": "低于中位数",
        "expected_day": "应到数据日",
        "latest_day": "最近数据日",
        "business_day": "截至",
        "turnover": "流失率",
        "limit": "上限",
        "starts_on": "开始",
        "ends_on": "结束",
        "playbook": "处理办法",
        "step": "步骤",
    },
    codes={
        AlertKind.SILENT_CONNECTOR: "数据连接器未按时推送",
        AlertKind.METRIC_DROP: "指标下跌",
        AlertKind.GOAL_OFF_TRACK: "目标偏离进度",
        AlertKind.TURNOVER: "流失率超限",
        Step.SELF_ASSESSMENT: "自评",
        Step.MANAGER_ASSESSMENT: "主管评估",
        Step.SECOND_LEVEL: "上级主管审核",
        Step.HR: "人事审核",
        Step.CALIBRATION: "绩效校准",
        Step.INTERVIEW: "绩效面谈",
        Step.ACKNOWLEDGEMENT: "员工确认",
        Step.APPEALED: "申诉中",
        Step.CLOSED: "已关闭",
        Step.CANCELLED: "已取消",
        Severity.INFO: "提示",
        Severity.WARNING: "警告",
        Severity.CRITICAL: "严重",
    },
    colon="：",
    time="时间",
    open="打开 Attain",
    digest="Attain：{count} 条消息",
)

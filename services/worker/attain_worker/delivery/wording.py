"""What a robot says of an event to a group of people: in their language, and of nobody by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from attain_shared.alerts.queries import AlertText
from attain_worker.delivery.message import Message
from attain_worker.delivery.words import CHINESE, ENGLISH, Words

LONGEST = 200
"""Characters of a field that are said."""
SHARES = frozenset({"drop", "turnover", "limit"})
"""Fields that are shares of one, and said in per cent."""
CODES = frozenset({"kind", "severity", "step"})
"""Fields that are codes, and said in words."""
_CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Note:
    """A text for people, before a robot's vendor has it in his form."""

    title: str
    lines: tuple[str, ...]
    link: tuple[str, str] | None
    """Its words, and where it leads."""


def describe(alert: AlertText) -> dict[str, str]:
    """An alert as the fields of a message's text; who owns it is a person, and not said."""
    named = {
        "kind": alert.kind,
        "severity": alert.severity,
        "rule": alert.rule_name,
        "shop": alert.shop_name,
        "connector": alert.connector_name,
        "department": alert.department_name,
        "goal": alert.goal_title,
        "playbook": alert.playbook,
    }
    return {name: str(value) for name, value in (alert.details | named).items() if value}


def word(messages: Sequence[Message], *, language: str, public_url: str | None) -> Note:
    """One text for these messages: the whole of a single one, a line each of several."""
    words = CHINESE if language.startswith("zh") else ENGLISH
    link = (words.open, f"{public_url.rstrip('/')}/console/") if public_url else None
    if len(messages) == 1:
        return Note(_title(messages[0], words), tuple(_describe(messages[0], words)), link)
    lines = tuple(" · ".join([_title(message, words), *_describe(message, words)]) for message in messages)
    return Note(words.digest.format(count=len(messages)), tuple(_cut(line) for line in lines), link)


def _title(message: Message, words: Words) -> str:
    return words.titles.get(message.kind, words.other)


def _describe(message: Message, words: Words) -> list[str]:
    """A line for each field that has a label, with its value as people say it."""
    fields = message.text_fields or message.data
    lines = [
        f"{label}{words.colon}{_say(name, fields[name], words)}"
        for name, label in words.labels.items()
        if fields.get(name)
    ]
    moment = message.happened_at.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M")
    return [*lines, f"{words.time}{words.colon}{moment}"]


def _say(name: str, value: str, words: Words) -> str:
    if name in SHARES:
        return f"{Decimal(value):.1%}"
    return words.codes.get(value, value) if name in CODES else _cut(value)


def _cut(text: str) -> str:
    """On one line, and not too long of it."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"

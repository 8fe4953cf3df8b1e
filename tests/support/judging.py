"""What MET-7 says of many rows of a key, one after the other."""

from collections.abc import Iterable

from attain_shared.rules.corrections import Verdict, Version, judge


def judge_all(present: Version | None, rows: Iterable[Version]) -> tuple[list[Verdict], Version | None]:
    """The verdict of each row, and the row that stands in the end."""
    verdicts = []
    for row in rows:
        verdict, present = judge(present, row)
        verdicts.append(verdict)
    return verdicts, present

"""A review as a page to print: HTML that runs nothing, loads nothing, and holds what people wrote as text alone.

The tree of elements is what escapes: no text is ever put between tags by hand.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.etree.ElementTree import Element, tostring

from attain_api.messages import Language
from attain_api.review_exports.repository import Names
from attain_api.review_exports.wording import quadrant_word, rating_word, scale_text, step_word, word
from attain_api.review_exports.workbook import day_text, instant_text
from attain_shared.reviews.assessment_schemas import AssessmentRead, CaseRead, GoalScore, InterviewRead, ValueScore
from attain_shared.reviews.schemas import ReviewGoalRead, ReviewRead
from attain_shared.wire import plain_decimal

STYLE = """
body { font: 14px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; max-width: 60em; margin: 2em auto; }
table { border-collapse: collapse; width: 100%; margin: .5em 0 1.5em; }
th, td { border: 1px solid #999; padding: .3em .6em; text-align: left; vertical-align: top; }
th { background: #f2f2f2; font-weight: 600; }
td, p { white-space: pre-line; overflow-wrap: anywhere; }
table.facts th { width: 14em; }
@page { size: A4; margin: 15mm; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
"""
ASSESSMENTS = ("self_assessment", "manager_assessment", "second_level_assessment", "hr_assessment")
_FIGURES = ("goals_score", "team_score", "competency_score", "performance", "values", "values_mapped", "overall")

Row = tuple[str, str | None]
"""What something is called, and what it is; nothing is left out."""


@dataclass(frozen=True, slots=True)
class PrintedReview:
    """A review as its reader sees it, and the words for what it names."""

    review: ReviewRead
    cycle: str
    """What the round is called."""
    values: Mapping[str, str]
    """The names of the values assessed, by code."""
    names: Names
    language: Language

    def word(self, name: str) -> str:
        """A field or a heading in the reader's language."""
        return word(name, self.language)


def write_page(printed: PrintedReview) -> bytes:
    """The page, in UTF-8."""
    review = printed.review
    title = f"{printed.word('review')} · {printed.cycle} · {printed.names.people[review.person_id]}"
    head = _element("head", _element("meta", charset="utf-8"), _element("title", title), _element("style", STYLE))
    body = _element("body", _element("h1", title), _facts(_place(printed)), *_sections(printed))
    page = _element("html", head, body, lang=printed.language)
    return f"<!doctype html>\n{tostring(page, encoding='unicode', method='html')}".encode()


def _element(tag: str, *content: str | Element, **attributes: str) -> Element:
    """An element of one text, or of other elements."""
    made = Element(tag, attributes)
    for part in content:
        if isinstance(part, str):
            made.text = part
        else:
            made.append(part)
    return made


def _facts(rows: Iterable[Row]) -> Element:
    lines = (_element("tr", _element("th", name), _element("td", text)) for name, text in rows if text)
    return _element("table", *lines, **{"class": "facts"})


def _table(headings: Sequence[str], lines: Iterable[Sequence[str | None]]) -> Element:
    head = _element("tr", *(_element("th", heading) for heading in headings))
    return _element("table", head, *(_element("tr", *(_element("td", cell or "") for cell in line)) for line in lines))


def _place(printed: PrintedReview) -> Iterator[Row]:
    review, names = printed.review, printed.names
    yield printed.word("person"), names.people[review.person_id]
    yield printed.word("department"), names.departments[review.department_id] if review.department_id else None
    yield printed.word("manager"), names.people[review.manager_id]
    yield printed.word("second_level"), names.people[review.second_level_id] if review.second_level_id else None
    yield printed.word("step"), step_word(review.step, printed.language)
    yield printed.word("due_on"), day_text(review.due_on)
    yield printed.word("answer_by"), day_text(review.answer_by)
    yield printed.word("closed_at"), instant_text(review.closed_at)


def _sections(printed: PrintedReview) -> Iterator[Element]:
    review = printed.review
    if result := [row for row in _result(printed) if row[1]]:
        yield _element("h2", printed.word("result"))
        yield _facts(result)
    if review.goals:
        yield _element("h2", printed.word("goals"))
        yield _goals(printed)
    for name in ASSESSMENTS:
        written: AssessmentRead | None = getattr(review, name)
        if written is not None:
            yield from _assessment(printed, name, written)
    if review.interview is not None:
        yield from _interview(printed, review.interview)


def _result(printed: PrintedReview) -> Iterator[Row]:
    review, language = printed.review, printed.language
    for name in _FIGURES:
        yield printed.word(name), _plain(getattr(review, name))
    failed = review.values_failed
    yield printed.word("values_failed"), None if failed is None else printed.word("yes" if failed else "no")
    yield printed.word("suggested_rating"), _on_scale(review.suggested_rating)
    if review.rating is not None:
        label = rating_word(review.rating, language)
        yield printed.word("rating"), f"{scale_text(review.rating)} {label}"
    yield printed.word("quadrant"), quadrant_word(review.quadrant, language)
    yield printed.word("frozen_as_of"), instant_text(review.frozen_as_of)


def _goals(printed: PrintedReview) -> Element:
    review = printed.review
    own, given = _scores(review.self_assessment), _scores(review.manager_assessment)
    names = ("goal", "weight", "facts", "computed", "own_score", "given", "counts")
    lines = (
        (
            goal.title,
            plain_decimal(goal.weight),
            _facts_of(goal),
            _span(goal.suggested_score, goal.score_low, goal.score_high),
            _given(own.get(str(goal.goal_id))),
            _given(given.get(str(goal.goal_id))),
            _on_scale(goal.score),
        )
        for goal in review.goals
    )
    return _table([printed.word(name) for name in names], lines)


def _scores(written: AssessmentRead | None) -> dict[str, GoalScore]:
    return {str(one.goal_id): one for one in written.goals} if written is not None else {}


def _given(score: GoalScore | None) -> str | None:
    if score is None:
        return None
    return _joined("\n", _on_scale(score.score), score.reason, score.comment)


def _facts_of(goal: ReviewGoalRead) -> str:
    return "\n".join(
        f"{one.metric or one.kind}: {_span(one.actual, one.actual_low, one.actual_high) or '–'}"
        f" / {_plain(one.target) or '–'} → {_span(one.attainment, one.attainment_low, one.attainment_high) or '–'}"
        for one in goal.indicators
    )


def _assessment(printed: PrintedReview, name: str, written: AssessmentRead) -> Iterator[Element]:
    draft = f" ({printed.word('draft')})" if written.is_draft else ""
    yield _element("h2", printed.word(name) + draft)
    writer = _joined(" · ", printed.names.people[written.saved_by], instant_text(written.submitted_at))
    yield _element("p", writer or "")
    if written.values:
        headings = [printed.word(heading) for heading in ("value", "score", "cases")]
        yield _table(headings, (_value(printed, written, value) for value in written.values))
    if written.competency is not None:
        score = f"{scale_text(written.competency.score)}\n{written.competency.evidence}"
        yield _facts([(printed.word("competency"), score)])
    if written.comment:
        yield _facts([(printed.word("comment"), written.comment)])


def _value(printed: PrintedReview, written: AssessmentRead, value: ValueScore) -> tuple[str, str, str]:
    score = written.value_scores.get(value.code)
    cases = (
        f"{_joined(' ', printed.word(case.kind), day_text(case.on))}: {case.behaviour} → {case.consequence}"
        for case in value.cases
    )
    shown = printed.word("unsure") if score is None else scale_text(score)
    return printed.values.get(value.code, value.code), shown, "\n".join(cases)


def _interview(printed: PrintedReview, interview: InterviewRead) -> Iterator[Element]:
    yield _element("h2", printed.word("interview"))
    rows: list[Row] = [
        (printed.word("held_on"), day_text(interview.held_on)),
        (printed.word("held_by"), printed.names.people[interview.held_by]),
    ]
    rows += [(printed.word("good"), _case(printed, case)) for case in interview.good]
    rows += [(printed.word("improve"), _case(printed, case)) for case in interview.improve]
    yield _facts([*rows, (printed.word("expectations"), interview.expectations)])


def _case(printed: PrintedReview, case: CaseRead) -> str | None:
    said = ((name, getattr(case, name)) for name in ("evaluation", "expectation"))
    more = (f"{printed.word(name)}: {text}" for name, text in said if text)
    return _joined("\n", day_text(case.on), f"{case.behaviour} → {case.consequence}", *more)


def _plain(figure: Decimal | None) -> str | None:
    return None if figure is None else plain_decimal(figure)


def _on_scale(score: Decimal | None) -> str | None:
    return None if score is None else scale_text(score)


def _span(figure: Decimal | None, low: Decimal | None, high: Decimal | None) -> str | None:
    """A figure, or where it lies."""
    if figure is not None or low is None or high is None:
        return _plain(figure)
    return f"{plain_decimal(low)} – {plain_decimal(high)}"


def _joined(between: str, *texts: str | None) -> str | None:
    """What there is of some texts."""
    return between.join(text for text in texts if text) or None

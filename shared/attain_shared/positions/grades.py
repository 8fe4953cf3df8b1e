"""The grades (职级) of positions, from the lowest to the highest (ORG-2)."""

from enum import StrEnum


class Grade(StrEnum):
    """A grade; the order of the members is that of rank."""

    ASSISTANT = "assistant"
    STAFF = "staff"
    SENIOR = "senior"
    LEAD = "lead"
    MANAGER = "manager"
    SENIOR_MANAGER = "senior_manager"
    DIRECTOR = "director"
    VICE_PRESIDENT = "vice_president"
    PRESIDENT = "president"

    @property
    def rank(self) -> int:
        """Its place, from 0."""
        return list(Grade).index(self)


def is_senior_class(grade: Grade | str) -> bool:
    """Whether a grade alone puts its holder in the senior review class: director and above (ORG-2).

    Heads of departments are in it too, whatever their grade.
    """
    return Grade(grade).rank >= Grade.DIRECTOR.rank

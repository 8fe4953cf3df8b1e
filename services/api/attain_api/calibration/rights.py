"""Who calibrates what: HR and the heads of departments, and nobody their own review (REV-6, REV-7, REV-8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from attain_api.calibration.members import Member
from attain_shared.rules.review_flow import hr_parties, settlers


@dataclass(frozen=True, slots=True)
class Calibrator:
    """The caller's rights in the calibration of a round."""

    person_id: UUID
    is_hr: bool
    hr_ids: frozenset[UUID]
    """Everybody who is HR today."""
    executive_ids: frozenset[UUID]
    """Everybody who is an executive today: they stand in for an HR that is nobody else (REV-6)."""
    led: frozenset[UUID]
    """The departments that the caller heads, and all below them."""

    def is_own(self, member: Member) -> bool:
        """Whether it is the caller's own review: they neither see what was judged nor rate it."""
        return member.person_id == self.person_id

    def rates(self, member: Member) -> bool:
        """Whether the caller may set the rating: as its HR, or as head of the department."""
        return not self.is_own(member) and (member.department_id in self.led or self._is_its_hr(member))

    def sees(self, member: Member) -> bool:
        """Whether the caller sees the review in the calibration."""
        return not self.is_own(member) and (self.is_hr or self.rates(member))

    def settles(self, members: Iterable[Member]) -> bool:
        """Whether the caller locks and publishes the group of these."""
        inside = {member.person_id for member in members}
        return self.person_id in settlers(inside=inside, hr=self.hr_ids, executives=self.executive_ids)

    def _is_its_hr(self, member: Member) -> bool:
        if self.person_id not in self.hr_ids and self.person_id not in self.executive_ids:
            return False
        return self.person_id in hr_parties(
            subject=member.person_id, assessors=member.assessors, hr=self.hr_ids, executives=self.executive_ids
        )

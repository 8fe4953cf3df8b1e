"""The forced distribution: groups, violations, the proposal, one exception, publication (REV-8)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from deploy.local.calls import Body, DemoFailed
from deploy.local.quarter import plan
from deploy.local.quarter.assessing import Round


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The groups before and after, by their ids."""

    before: Mapping[str, Body]
    after: Mapping[str, Body]


def calibrate(of_staff: Round) -> Calibrated:
    """Every group takes the proposal, but for the last one that breaks the limits: it is locked with an exception."""
    path = f"/v1/review-cycles/{of_staff.id}/calibration"
    hr = of_staff.made.hr
    before = {group["group_id"]: group for group in hr.get(path)["items"]}
    if sum(group["size"] for group in before.values()) != len(of_staff.people):
        raise DemoFailed("the groups do not hold everybody once")
    violated = [group for group in before.values() if group["violations"]]
    if len(violated) < 2 or any(group["size"] < 10 for group in before.values()):
        raise DemoFailed(f"{len(violated)} groups break the limits; sizes {[one['size'] for one in before.values()]}")
    excepted = violated[-1]
    for group in before.values():
        if group is not excepted and group["proposal"]:
            _apply(of_staff, path, group)
        _lock(of_staff, path, group, is_excepted=group is excepted)
    after = {group["group_id"]: group for group in hr.get(path)["items"]}
    for group_id in after:
        hr.change("POST", f"{path}/publish", {"group_id": group_id, "exception": None})
    return Calibrated(before, after)


def _apply(of_staff: Round, path: str, group: Body) -> None:
    """Set what is proposed, after a look at what would come of it."""
    ratings = [
        {"review_id": move["review_id"], "rating": move["after"], "reason": "按强制分布校准"}
        for move in group["proposal"]
    ]
    hr = of_staff.made.hr
    seen = hr.change("POST", f"{path}/preview", ratings)["items"]
    done = hr.change("PUT", f"{path}/ratings", ratings)["items"]
    if any(one["violations"] for one in seen + done):
        raise DemoFailed(f"the proposal leaves {done[0]['name']} with {done[0]['violations']}")
    of_staff.happened["ratings moved by proposals"] += len(ratings)
    of_staff.happened["steps moved"] += sum(_steps(move) for move in group["proposal"])


def _lock(of_staff: Round, path: str, group: Body, *, is_excepted: bool) -> None:
    body = {"group_id": group["group_id"], "exception": None}
    if is_excepted:
        of_staff.refused(f"{path}/lock", body, code="distribution-violated")
        body["exception"] = "新团队,首季全员超额完成"
        of_staff.happened["groups locked with an exception"] += 1
    locked = of_staff.made.hr.change("POST", f"{path}/lock", body)
    if not locked["locked"]:
        raise DemoFailed(f"{group['name']} is not locked")


def _steps(move: Body) -> int:
    return plan.STEPS.index(Decimal(move["before"])) - plan.STEPS.index(Decimal(move["after"]))


def ratings(groups: Mapping[str, Body]) -> Counter[str]:
    """How many people have which rating."""
    counts: Counter[str] = Counter()
    for group in groups.values():
        counts.update(group["distribution"]["steps"])
    return counts

"""Action items as their readers find them, and as they are followed up (REV-10)."""

from collections.abc import Mapping
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.follow_ups.seen import Seen, find_seen, list_seen
from attain_api.paging import PageQuery
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Invalid, NotAllowed, NotFound
from attain_shared.reviews.follow_up_models import ActionItem
from attain_shared.reviews.follow_up_schemas import ActionItemRead, ActionItemUpdate
from attain_shared.rules.quadrants import FOLLOW_UPS

LABELS = {follow_up.kind.value: {"zh": follow_up.zh, "en": follow_up.en} for follow_up in FOLLOW_UPS.values()}
"""What the kinds of follow-ups are called."""


def read_item(seen: Seen[ActionItem]) -> ActionItemRead:
    """An action item as the caller sees it."""
    item = seen.row
    stored = {name: getattr(item, name) for name in ActionItemRead.model_fields if hasattr(item, name)}
    label = LABELS[item.kind] if item.kind is not None else None
    return ActionItemRead.model_validate(
        stored | {"kind_label": label, "allowed_actions": ["change"] if _is_open_to(seen) else []}
    )


def item_tag(seen: Seen[ActionItem]) -> str:
    """The ETag: of the version, and of what the caller may do."""
    return version_tag(seen.row.version, suffix="w" if _is_open_to(seen) else "r")


async def get_action_item(uow: UnitOfWork, *, actor: Actor, item_id: UUID, lock: bool = False) -> Seen[ActionItem]:
    """An action item in the caller's view.

    Raises:
        NotFound: there is none, or it is outside the view.
    """
    seen = await find_seen(uow.session, ActionItem, visible_to=actor, row_id=item_id, lock=lock)
    if seen is None:
        raise NotFound("no such action item")
    return seen


async def list_action_items(
    uow: UnitOfWork, *, actor: Actor, query: PageQuery, filters: Mapping[str, object], is_overdue: bool
) -> tuple[list[ActionItemRead], str | None]:
    """A part of the action items that the caller sees."""
    seen, cursor = await list_seen(
        uow.session, ActionItem, visible_to=actor, query=query, filters=filters, is_overdue=is_overdue
    )
    return [read_item(one) for one in seen], cursor


async def update_action_item(
    uow: UnitOfWork, *, actor: Actor, item_id: UUID, data: ActionItemUpdate, if_match: str | None
) -> Seen[ActionItem]:
    """Change what is given: by its owner, the manager of whom it is about, or HR.

    Raises:
        NotFound, NotAllowed, Stale: as for any resource.
        ActionNotAllowed: it was cancelled with its review.
        Invalid: it would be due before today.
    """
    seen = await get_action_item(uow, actor=actor, item_id=item_id, lock=True)
    if not seen.is_theirs:
        raise NotAllowed("You may not change this action item.")
    check_if_match(if_match, item_tag(seen))
    item, changes = seen.row, data.model_dump(exclude_unset=True)
    if item.state == "cancelled":
        raise ActionNotAllowed("the action item is cancelled")
    today = business_day()
    if changes.get("due_on", item.due_on) != item.due_on and changes["due_on"] < today:
        raise Invalid.field("/due_on", "in-the-past", "not before today")
    if changes.get("state", item.state) != item.state:
        changes["done_on"] = today if changes["state"] == "done" else None
    apply_changes(item, changes)
    await uow.session.flush()
    return seen


def _is_open_to(seen: Seen[ActionItem]) -> bool:
    return seen.is_theirs and seen.row.state != "cancelled"

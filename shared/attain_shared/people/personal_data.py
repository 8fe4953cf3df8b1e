"""The wire contract of what is held on a person (SEC-6)."""

from uuid import UUID

from pydantic import JsonValue

from attain_shared.wire import Instant, Output


class PersonalData(Output):
    """Everything a company holds on a person."""

    person_id: UUID
    """The person."""
    exported_at: Instant
    """When it was read."""
    records: dict[str, list[dict[str, JsonValue]]]
    """By kind of record, the rows by field. Values are written as everywhere in this interface; secrets are left out."""

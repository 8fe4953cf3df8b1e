"""What in an OpenAPI document breaks the clients of the one before (api.md 1: within /v1 all changes are additive).

A request may only be taken more widely, an answer only be given more narrowly. New fields, operations, optional
parameters and statuses break nobody; nor do new codes in an answer's enumeration, which clients are told to expect.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

Json = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")


class Side(NamedTuple):
    """A schema of one document, and what its references lead to."""

    schema: Json
    document: Json

    def of(self, schema: Json) -> "Side":
        """Another schema of the same document, behind its references."""
        while "$ref" in schema:
            at: Any = self.document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                at = at[step.replace("~1", "/").replace("~0", "~")]
            schema = at
        return Side(schema, self.document)

    def alternatives(self) -> list[tuple[str | None, "Side"]]:
        """What it may be, each by the kind that tells it apart, if one does."""
        choices = self.schema.get("anyOf") or self.schema.get("oneOf")
        if choices is None:
            return [(None, self)]
        if mapping := self.schema.get("discriminator", {}).get("mapping"):
            return [(kind, self.of({"$ref": reference})) for kind, reference in mapping.items()]
        return [found for choice in choices for found in self.of(choice).alternatives()]


class Pair(NamedTuple):
    """The same thing in the released document and in the present one."""

    old: Side
    new: Side
    seen: frozenset[tuple[int, int]] = frozenset()
    """Schemas that hold themselves are compared once."""

    def is_seen(self) -> bool:
        """Whether it is being compared further up."""
        return (id(self.old.schema), id(self.new.schema)) in self.seen

    def below(self, old: Json, new: Json) -> "Pair":
        """Something that both hold."""
        return Pair(self.old.of(old), self.new.of(new), self.seen | {(id(self.old.schema), id(self.new.schema))})


def breaking(released: Json, present: Json) -> list[str]:
    """Every change that breaks a client, as a line that names where."""
    found: list[str] = []
    for path, operations in released["paths"].items():
        for method in METHODS:
            if method in operations:
                new = present["paths"].get(path, {}).get(method)
                name = f"{method.upper()} {path}"
                pair = Pair(Side(operations[method], released), Side(new or {}, present))
                found += [f"{name}: {line}" for line in (_operation(pair) if new else ["the operation is gone"])]
    return found


def _operation(pair: Pair) -> Iterator[str]:
    old, new = pair.old.schema, pair.new.schema
    if old.get("operationId") != new.get("operationId"):
        yield f"its id was {old.get('operationId')} and is {new.get('operationId')}"
    if _is_tighter(old.get("security", []), new.get("security", [])):
        yield "needs credentials that were not needed"
    yield from _parameters(pair)
    yield from _body(pair)
    yield from _responses(pair)


def _is_tighter(old: list[Json], new: list[Json]) -> bool:
    """Whether somebody's credentials, known by the name of their scheme, do not suffice any more."""
    if not new or {} in new:
        return False
    if not old or {} in old:
        return True
    return any(
        not any(way.keys() <= before.keys() and all(set(way[name]) <= set(before[name]) for name in way) for way in new)
        for before in old
    )


def _parameters(pair: Pair) -> Iterator[str]:
    old = {(given["in"], given["name"]): given for given in pair.old.schema.get("parameters", ())}
    new = {(given["in"], given["name"]): given for given in pair.new.schema.get("parameters", ())}
    for key, parameter in new.items():
        if parameter.get("required") and not old.get(key, {}).get("required"):
            yield f"needs the {key[0]} parameter {key[1]}"
    for key, parameter in old.items():
        if key not in new:
            yield f"does not take the {key[0]} parameter {key[1]} any more"
        else:
            yield from _taken(pair.below(parameter["schema"], new[key]["schema"]), f"{key[0]} {key[1]}")


def _body(pair: Pair) -> Iterator[str]:
    old, new = pair.old.schema.get("requestBody"), pair.new.schema.get("requestBody")
    if new and new.get("required") and not (old and old.get("required")):
        yield "needs a body"
    for media_type, content in (old or {}).get("content", {}).items():
        taken = (new or {}).get("content", {}).get(media_type)
        if taken is None:
            yield f"does not take a body of {media_type} any more"
        else:
            yield from _taken(pair.below(content.get("schema", {}), taken.get("schema", {})), "body")


def _responses(pair: Pair) -> Iterator[str]:
    for status, response in pair.old.schema["responses"].items():
        answer = pair.new.schema["responses"].get(status)
        if answer is None:
            yield f"does not answer {status} any more"
            continue
        before, after = pair.old.of(response).schema, pair.new.of(answer).schema
        for name in before.get("headers", {}).keys() - after.get("headers", {}).keys():
            yield f"{status}: the header {name} is gone"
        for media_type, content in before.get("content", {}).items():
            given = after.get("content", {}).get(media_type)
            if given is None:
                yield f"{status}: no {media_type} any more"
            else:
                yield from _given(pair.below(content.get("schema", {}), given.get("schema", {})), f"{status} body")


def _taken(pair: Pair, at: str) -> Iterator[str]:
    """What was taken is still taken."""
    new = pair.new.alternatives()
    for key, before in pair.old.alternatives():
        fitting = [Pair(before, after, pair.seen) for other, after in new if other == key]
        if not fitting:
            yield f"{at}: {key} is not taken any more"
        else:
            yield from min(([*_taken_as(one, at)] for one in fitting), key=len)


def _given(pair: Pair, at: str) -> Iterator[str]:
    """What could be relied on still can; a kind of its own is like one more code."""
    old = pair.old.alternatives()
    for key, after in pair.new.alternatives():
        fitting = [Pair(before, after, pair.seen) for other, before in old if other == key]
        if fitting:
            yield from min(([*_given_as(one, at)] for one in fitting), key=len)
        elif key is None:
            yield f"{at}: is not told apart by its kind any more"


def _taken_as(pair: Pair, at: str) -> Iterator[str]:
    if pair.is_seen():
        return
    old, new = pair.old.schema, pair.new.schema
    if gone := _beyond(_types(old), _types(new)):
        yield f"{at}: {_names(gone)} not taken any more"
    if (codes := _codes(new)) is not None and (gone := (_codes(old) or {"anything else"}) - codes):
        yield f"{at}: {_names(gone)} not taken any more"
    yield from _bounds(old, new, at)
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{at}: the field {name} is needed"
    is_closed = new.get("additionalProperties") is False
    if is_closed and old.get("type") == "object" and old.get("additionalProperties") is not False:
        yield f"{at}: unknown fields are not taken any more"
    for name, field in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            yield from _taken(pair.below(field, new["properties"][name]), f"{at}.{name}")
        elif is_closed:
            yield f"{at}: the field {name} is not taken any more"
    for place, held in _held(pair, at):
        yield from _taken(held, place)


def _given_as(pair: Pair, at: str) -> Iterator[str]:
    if pair.is_seen():
        return
    old, new = pair.old.schema, pair.new.schema
    if more := _beyond(_types(new), _types(old)):
        yield f"{at}: may be {_names(more)}"
    if _codes(old) is not None and _codes(new) is None:
        yield f"{at}: may be anything, and was one of a list"
    if "format" in old and old["format"] != new.get("format"):
        yield f"{at}: its format was {old['format']} and is {new.get('format')}"
    for name in sorted(set(old.get("required", ())) - set(new.get("required", ()))):
        if name in new.get("properties", {}):
            yield f"{at}: the field {name} may be missing"
    for name, field in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            yield from _given(pair.below(field, new["properties"][name]), f"{at}.{name}")
        else:
            yield f"{at}: the field {name} is gone"
    for place, held in _held(pair, at):
        yield from _given(held, place)


def _held(pair: Pair, at: str) -> Iterator[tuple[str, Pair]]:
    """What a list or a map holds."""
    old, new = pair.old.schema, pair.new.schema
    if "items" in old and "items" in new:
        yield f"{at}[]", pair.below(old["items"], new["items"])
    before, after = old.get("additionalProperties"), new.get("additionalProperties")
    if isinstance(before, dict) and isinstance(after, dict):
        yield f"{at}{{}}", pair.below(before, after)


def _bounds(old: Json, new: Json, at: str) -> Iterator[str]:
    for key in UPPER:
        if key in new and new[key] < old.get(key, float("inf")):
            yield f"{at}: {key} was {old.get(key, 'not set')} and is {new[key]}"
    for key in LOWER:
        if key in new and new[key] > old.get(key, 0 if key.startswith("min") and key != "minimum" else float("-inf")):
            yield f"{at}: {key} was {old.get(key, 'not set')} and is {new[key]}"
    for key in ("pattern", "format"):
        if key in new and new[key] != old.get(key):
            yield f"{at}: its {key} was {old.get(key, 'not set')} and is {new[key]}"


def _types(schema: Json) -> set[str]:
    """Its JSON types; none where it takes all of them."""
    named = schema.get("type", [])
    return {named} if isinstance(named, str) else set(named)


def _beyond(some: set[str], others: set[str]) -> set[str]:
    """The types of some that others do not know."""
    if not others:
        return set()
    wide = others | ({"integer"} if "number" in others else set())
    return some - wide if some else {"anything"}


def _codes(schema: Json) -> set[str] | None:
    """What it is one of, if that is a list."""
    listed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return None if listed is None else {str(code) for code in listed}


def _names(things: set[str]) -> str:
    return ", ".join(sorted(things))

"""Wrong names: tools that do not exist, arguments called otherwise, missing or too many."""

from __future__ import annotations

from typing import Final

from sandbox.conventions.words import singular, words
from sandbox.draws import Draw
from sandbox.tasks.malformed.valid_calls import Broken, Ground

_VERBS: Final = {
    "get": ("fetch", "retrieve", "read", "lookup"),
    "list": ("get_all", "search", "find", "query"),
    "create": ("add", "new", "make", "insert"),
    "update": ("edit", "modify", "set", "change"),
    "delete": ("remove", "destroy", "drop"),
    "add": ("create", "append"),
    "remove": ("delete",),
}
_ENDINGS: Final = ("Details", "ById", "Info", "Data", "V2")
_SYNONYMS: Final = {
    "id": ("identifier", "key", "ref"),
    "name": ("title", "label", "full_name"),
    "title": ("name", "headline"),
    "email": ("mail", "email_address"),
    "status": ("state",),
    "limit": ("max", "count", "page_size"),
    "page": ("page_number", "offset"),
    "start": ("from", "begin"),
    "end": ("to", "until"),
    "price": ("cost", "amount"),
    "amount": ("value", "sum", "total"),
    "description": ("desc", "text"),
    "body": ("text", "content"),
}
_EXTRAS: Final = ("verbose", "format", "include_details", "debug", "language", "output", "async")


def hallucinated_tool(ground: Ground, draw: Draw) -> Broken | None:
    """K01: a plausible name that no tool has."""
    name = ground.tool.name
    for option in draw.shuffled(_sibling_names(name), "name"):
        if option != name and option not in ground.tools:
            return Broken(f"{option} does not exist", ground.arguments, tool=option)
    return None


def _sibling_names(name: str) -> list[str]:
    parts = list(words(name))
    snake = "_" in name
    found = []
    for verb in _VERBS.get(parts[0] if parts else "", ()):
        found.append(_join([*verb.split("_"), *parts[1:]], snake))
    for ending in _ENDINGS:
        found.append(_join([*parts, *words(ending)], snake))
    if parts:
        last = parts[-1]
        other = singular(last) if singular(last) != last else f"{last}s"
        found.append(_join([*parts[:-1], other], snake))
    return found


def _join(parts: list[str], snake: bool) -> str:
    if snake:
        return "_".join(parts)
    return parts[0] + "".join(part.capitalize() for part in parts[1:])


def sibling_tool(ground: Ground, draw: Draw) -> Broken | None:
    """K02: another tool that exists."""
    others = [
        name
        for name, tool in ground.tools.items()
        if tool.operation is not None and name != ground.tool.name
    ]
    alike = [name for name in others if _overlap(ground, name)]
    if not (alike or others):
        return None
    chosen = draw.choice(alike or others, "tool")
    return Broken(f"{chosen} is the wrong tool", ground.arguments, tool=chosen)


def _overlap(ground: Ground, name: str) -> bool:
    theirs = ground.tools[name].parameters.get("properties", {})
    return any(argument in theirs for argument in ground.arguments)


def wrong_argument_name(ground: Ground, draw: Draw) -> Broken | None:
    """K03: a synonym, another case style, an abbreviation, singular for plural."""
    for name in draw.shuffled(list(ground.arguments), "argument"):
        for option in draw.shuffled(_other_names(name), f"name {name}"):
            if option == name or option in ground.properties:
                continue
            made = {option if key == name else key: v for key, v in ground.arguments.items()}
            if ground.is_broken(made):
                return Broken(f"{option} instead of {name}", made)
    return None


def _other_names(name: str) -> list[str]:
    parts = list(words(name)) or [name]
    found = [_join(parts, True), _join(parts, False), "-".join(parts), name.upper()]
    found += [
        _join([*parts[:-1], *words(option)], "_" in name)
        for option in _SYNONYMS.get(parts[-1], ("value",))
    ]
    last = parts[-1]
    other = singular(last) if singular(last) != last else f"{last}s"
    found.append(_join([*parts[:-1], other], "_" in name))
    if len(parts) > 1:
        found += [parts[-1], parts[0]]
    if len(last) > 5:
        found.append(_join([*parts[:-1], last[:4]], "_" in name))
    return list(dict.fromkeys(found))


def missing_required(ground: Ground, draw: Draw) -> Broken | None:
    """K04: one required argument left out, or all."""
    present = [name for name in ground.required if name in ground.arguments]
    if not present:
        return None
    if draw.chance(0.15, "all") and len(ground.arguments) > 1:
        made: dict[str, object] = {}
        return Broken("all arguments left out", made) if ground.is_broken(made) else None
    for gone in draw.shuffled(present, "missing"):
        made = {name: value for name, value in ground.arguments.items() if name != gone}
        if ground.is_broken(made):
            return Broken(f"{gone} left out", made)
    return None


def redundant_argument(ground: Ground, draw: Draw) -> Broken | None:
    """K05: an argument that sounds right and does not exist."""
    for name in draw.shuffled(_EXTRAS, "extra"):
        if name in ground.properties:
            continue
        made = {**ground.arguments, name: draw.choice((True, "json", "en", 1), "value")}
        if ground.is_broken(made):
            return Broken(f"{name} does not exist", made)
    return None


def misplace_argument(ground: Ground, draw: Draw) -> Broken | None:
    """K13: an argument put inside another, or under the location it does not travel in."""
    names = list(ground.arguments)
    for name in draw.shuffled(names, "moved"):
        rest = {key: value for key, value in ground.arguments.items() if key != name}
        objects = [key for key, value in rest.items() if isinstance(value, dict)]
        places = [*objects, "body" if ground.location(name) != "body" else "query"]
        place = draw.choice(places, f"place {name}")
        inner = rest.get(place, {})
        made = {
            **rest,
            place: {**(inner if isinstance(inner, dict) else {}), name: ground.arguments[name]},
        }
        if ground.is_broken(made):
            return Broken(f"{name} put inside {place}", made)
    return None

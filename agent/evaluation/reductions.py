"""What can be left out of a case's storm, drift and world. Each pass keeps what `holds`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

import orjson

from agent.evaluation.case_sizes import METHODS, operations, parameters, schemas
from agent.evaluation.cases import Case
from agent.evaluation.ddmin import minimise
from sandbox.drift.plan import drift_plan
from sandbox.faults import plan

Holds = Callable[[Case], bool]
T = TypeVar("T")

_PROSE: Final = (
    "description", "summary", "externalDocs", "tags", "example", "examples", "title", "deprecated",
    "contact", "license", "termsOfService", "callbacks", "webhooks", "links",
)  # fmt: skip
_LIMITS: Final = (
    "minLength", "maxLength", "minimum", "maximum", "pattern", "format", "enum", "default",
    "minItems", "maxItems", "uniqueItems", "nullable", "multipleOf", "additionalProperties",
    "readOnly", "writeOnly", "headers", "security", "explode", "style",
)  # fmt: skip


# -- the storm ---------------------------------------------------------------------------------


def storm_cases(case: Case, holds: Holds) -> Case:
    """Fewer rules, each hitting fewer calls, with fewer parameters."""
    if case.faults is None:
        return case
    if holds(calm := replace(case, faults=None)):
        return calm
    faults = plan(case.faults).model_dump(mode="json", exclude_unset=True)

    def with_rules(rules: list[Any]) -> Case:
        return replace(case, faults={**faults, "rules": rules})

    rules = minimise(faults.get("rules", []), lambda rules: holds(with_rules(rules)))
    for number, rule in enumerate(rules):
        for simpler in _simpler_rules(rule):
            changed = [*rules[:number], simpler, *rules[number + 1 :]]
            if holds(with_rules(changed)):
                rules = changed
                break
        for name in ("id", "match", "params", "exclusive", "max_consecutive", "budget", "dialect"):
            bare = {key: value for key, value in rules[number].items() if key != name}
            changed = [*rules[:number], bare, *rules[number + 1 :]]
            if bare != rules[number] and holds(with_rules(changed)):
                rules = changed
    faults["rules"] = rules
    return _with_fewer_keys(case, faults, lambda each: replace(case, faults=each), holds)


def _simpler_rules(rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A rule that hits one call: the first of its intent, else one by its number."""
    trigger = rule.get("trigger") or {}
    if trigger.get("model") in ("schedule", "at_calls"):
        return []
    once: list[dict[str, Any]] = [{"model": "first_n"}] if trigger.get("model") != "first_n" else []
    once += [{"model": "at_calls", "calls": [number]} for number in range(12)]
    return [{**rule, "trigger": each} for each in once]


def _with_fewer_keys(
    case: Case, value: dict[str, Any], planned: Callable[[dict[str, Any]], Case], holds: Holds
) -> Case:
    """Without whatever else a plan says, where it is not needed."""
    if not holds(planned(value)):
        return case
    for name in [name for name in value if name not in ("rules", "releases")]:
        bare = {key: item for key, item in value.items() if key != name}
        if holds(planned(bare)):
            value = bare
    return planned(value)


# -- the drift ---------------------------------------------------------------------------------


def drift_cases(case: Case, holds: Holds) -> Case:
    """Fewer operators, each at one place."""
    if case.drift is None:
        return case
    if holds(steady := replace(case, drift=None)):
        return steady
    drift = drift_plan(case.drift).model_dump(mode="json", exclude_unset=True)
    stages = drift.get("releases", [])
    steps = [(s, step) for s, stage in enumerate(stages) for step in stage.get("operators", ())]

    def with_steps(kept: Sequence[tuple[int, Any]]) -> Case:
        fewer = [
            {**stage, "operators": [step for at, step in kept if at == number]}
            for number, stage in enumerate(stages)
        ]
        return replace(case, drift={**drift, "releases": [s for s in fewer if s["operators"]]})

    if steps and not any(stage.get("to") for stage in stages):
        steps = minimise(steps, lambda kept: holds(with_steps(kept)))
        for number, (at, step) in enumerate(steps):
            for simpler in _simpler_steps(case, at, step):
                changed = [*steps[:number], (at, simpler), *steps[number + 1 :]]
                if holds(with_steps(changed)):
                    steps = changed
                    break
        drift = dict(with_steps(steps).drift)
    return _with_fewer_keys(case, drift, lambda each: replace(case, drift=each), holds)


def _simpler_steps(case: Case, stage: int, step: Mapping[str, Any]) -> list[dict[str, Any]]:
    """An operator once, where it was applied."""
    session = case.world.session(seed=case.seed, label=case.label, drift=case.drift)
    releases = session.drift.releases if session.drift is not None else ()
    made = getattr(releases[stage], "changes", ()) if stage < len(releases) else ()
    bare = {name: value for name, value in step.items() if name != "count"}
    places = [each.target for each in made if each.operator == step["op"]][:8]
    aimed = [{**bare, "target": {"op": p.operation, "pointer": p.pointer or "*"}} for p in places]
    return [bare, *aimed] if step.get("count", 1) > 1 else []


# -- the world ---------------------------------------------------------------------------------


def world_cases(case: Case, holds: Holds) -> Case:
    """Fewer operations, parameters, fields and words in the document."""

    def with_tree(tree: dict[str, Any]) -> Case:
        task = {name: value for name, value in case.task.items() if name != "tools"}
        return replace(case, document=_prune_components(tree), task=task)

    tree = _copy(case.document)
    tree["info"] = {"title": tree.get("info", {}).get("title") or "case", "version": "1"}
    kept = minimise(list(operations(tree)), lambda each: holds(with_tree(_only(tree, each))))
    tree = _only(tree, kept)
    if not holds(with_tree(tree)):
        return case
    for changed in (_without(tree, _PROSE), _without(tree, (*_PROSE, *_LIMITS))):
        if holds(with_tree(changed)):
            tree = changed
    tree = _fewer(tree, list(parameters(tree)), _without_parameters, with_tree, holds)
    tree = _fewer(tree, _replies(tree), _without_replies, with_tree, holds)
    tree = _prune_components(tree)
    tree = _fewer(tree, _fields(tree), _without_fields, with_tree, holds)
    for name in (*_PROSE, *_LIMITS, "servers", "security"):
        if holds(with_tree(changed := _without(tree, (name,)))):
            tree = changed
    tree = _prune_components(tree)
    if len(orjson.dumps(flat := _inline_references(tree))) < len(orjson.dumps(tree)):
        tree = flat if holds(with_tree(flat)) else tree
    return with_tree(tree) if holds(with_tree(tree)) else case


def _fewer(
    tree: dict[str, Any],
    items: Sequence[T],
    without: Callable[[dict[str, Any], set[T]], dict[str, Any]],
    with_tree: Callable[[dict[str, Any]], Case],
    holds: Holds,
) -> dict[str, Any]:
    """The document without those of the items that it can do without."""

    def less(kept: Sequence[T]) -> dict[str, Any]:
        return without(_copy(tree), set(items) - set(kept))

    return less(minimise(items, lambda kept: holds(with_tree(less(kept)))))


def _copy(tree: Any) -> Any:
    return orjson.loads(orjson.dumps(tree, option=orjson.OPT_NON_STR_KEYS))


def _only(tree: Mapping[str, Any], kept: Sequence[tuple[str, str]]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for path, method in kept:
        item = tree["paths"][path]
        bare = paths.setdefault(path, {n: v for n, v in item.items() if n not in METHODS})
        bare[method] = item[method]
    return {**tree, "paths": paths}


def _without(tree: Any, names: Sequence[str], *, named: bool = False) -> Any:
    """Without these words and all extensions; `named`: its keys are names, not words."""
    if isinstance(tree, Mapping):
        return {
            key: _without(value, names, named=not named and key in _NAMING)
            for key, value in tree.items()
            if named or not (key in names or key.startswith("x-")) or key == "info"
        }
    return [_without(value, names) for value in tree] if isinstance(tree, list) else tree


_NAMING: Final = (
    "properties", "paths", "schemas", "parameters", "responses", "requestBodies", "headers",
    "securitySchemes", "content", "info", "mapping",
)  # fmt: skip
"""Words below which stand names that somebody chose."""


def _without_parameters(tree: dict[str, Any], gone: set[tuple[str, str, int]]) -> dict[str, Any]:
    for path, method, number in sorted(gone, key=lambda each: -each[2]):
        item = tree["paths"][path]
        holder = item[method] if method else item
        del holder["parameters"][number]
        if not holder["parameters"]:
            del holder["parameters"]
    return tree


def _replies(tree: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (path, method, str(status))
        for path, method in operations(tree)
        for status in tree["paths"][path][method].get("responses") or {}
    ]


def _without_replies(tree: dict[str, Any], gone: set[tuple[str, str, str]]) -> dict[str, Any]:
    for path, method, status in gone:
        replies = tree["paths"][path][method]["responses"]
        if status.startswith("2"):
            replies[status] = {}  # Another status would be another API: agents look at it.
        else:
            del replies[status]
    return tree


def _fields(tree: Mapping[str, Any]) -> list[tuple[int, str]]:
    return [
        (number, name)
        for number, schema in enumerate(schemas(tree))
        for name in schema["properties"]
    ]


def _without_fields(tree: dict[str, Any], gone: set[tuple[int, str]]) -> dict[str, Any]:
    holders = list(schemas(tree))
    for number, name in gone:
        schema = holders[number]
        schema["properties"].pop(name, None)
        if name in (schema.get("required") or ()):
            schema["required"] = [each for each in schema["required"] if each != name]
        if not schema.get("required", True):
            del schema["required"]
    return tree


def _prune_components(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Without components that nothing refers to."""
    kept: dict[str, Any] = dict(tree)
    components = kept.get("components")
    while isinstance(components, Mapping):
        text = orjson.dumps(kept, option=orjson.OPT_NON_STR_KEYS).decode()
        fewer = {
            kind: {
                name: value
                for name, value in members.items()
                if f'"#/components/{kind}/{_escape_pointer(name)}"' in text
                or _secures(kind, name, text)
            }
            for kind, members in components.items()
            if isinstance(members, Mapping)
        }
        fewer = {kind: members for kind, members in fewer.items() if members}
        if fewer == components:
            break
        components = kept["components"] = fewer
    if not kept.get("components", True):
        del kept["components"]
    return kept


def _escape_pointer(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _secures(kind: str, name: str, text: str) -> bool:
    return kind == "securitySchemes" and f'"security":[{{"{name}"' in text


def _inline_references(tree: Mapping[str, Any]) -> dict[str, Any]:
    """With every reference replaced by what it refers to; as it is where one leads to itself."""

    def put(value: Any, above: tuple[str, ...]) -> Any:
        if isinstance(value, Mapping):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/"):
                if reference in above:
                    raise RecursionError
                return put(_at(tree, reference), (*above, reference))
            return {key: put(item, above) for key, item in value.items()}
        return [put(item, above) for item in value] if isinstance(value, list) else value

    try:
        return _prune_components(put(tree, ()))
    except (RecursionError, KeyError):
        return dict(tree)


def _at(tree: Mapping[str, Any], reference: str) -> Any:
    found: Any = tree
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found

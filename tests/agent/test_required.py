"""What a tool requires beyond what its schema says."""

from __future__ import annotations

from typing import Any

import pytest

from agent.runtime.environment import parameters_of
from agent.runtime.forms.required import with_requirements
from sandbox.tools.layout import WITH_BODY
from tests.agent.test_decisions import made
from tests.agent.test_spans import TEXT, form
from trajectories.records import Message

CREATE = form(
    "create_cat",
    "home",
    home=TEXT,
    name=TEXT | {"description": f"Its name. {WITH_BODY}"},
    kind=TEXT,
)


def requirements(request: str, *told: Message) -> Any:
    [tool] = with_requirements([CREATE], [Message(role="user", content=request), *told])
    return parameters_of(tool)["required"]


def test_a_body_that_is_sent_has_what_the_documentation_requires_of_it() -> None:
    assert requirements('Add a cat with the kind "wild".') == ["home", "name"]
    assert requirements("Add a cat to home h-1.") == ["home"]


@pytest.mark.parametrize(
    ("said", "is_needed"),
    [
        ("kind is missing", True),
        ("the field 'kind' is required", True),
        ("missing body parameter: kind", True),
        ("kind is not known here", False),
        ("mankind is missing", False),
    ],
)
def test_what_a_refusal_said_was_missing_is_required(said: str, is_needed: bool) -> None:
    turn, reply = made("create_cat", "{}", 422)
    found = requirements("Add a cat.", turn, reply.model_copy(update={"content": said}))
    assert found == (["home", "kind"] if is_needed else ["home"])

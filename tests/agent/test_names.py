"""Agents by name; a name that cannot be used says what would be valid."""

from __future__ import annotations

import pytest

from agent.agents import agent_from, known_agents
from agent.errors import UnknownAgent
from agent.policies.behaviours import BEHAVIOURS


@pytest.mark.parametrize(
    "name",
    [
        *(f"scripted:{name}" for name in BEHAVIOURS),
        "openai:llama3@http://127.0.0.1:8000/v1",
        "openai:org/model@v2@https://host.example/v1",
        "umi:planner=scripted:perfect,caller=scripted:naive,summarizer=scripted:perfect",
        "python:json:dumps",
        "command:true --quiet 'two words'",
    ],
)
def test_a_valid_name_is_the_agents_name(name: str) -> None:
    assert agent_from(name).name == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "valid are"),
        ("nobody", "valid are umi, single"),
        ("scripted", "scripted:"),
        ("scripted:perfekt", "did you mean perfect"),
        ("scriptd:perfect", "did you mean scripted:perfect"),
        ("openai:llama3", "openai:MODEL@BASE_URL"),
        ("openai:@http://x/v1", "openai:MODEL@BASE_URL"),
        ("openai:llama3@localhost:8000", "openai:MODEL@BASE_URL"),
        ("python:mine.py", "python:FILE_OR_MODULE:FUNCTION"),
        ("python:/nowhere/mine.py:solve", "there is no file /nowhere/mine.py"),
        ("command:no-such-program --x", "there is no program 'no-such-program'"),
        ("command:'unclosed", "cannot be read"),
        ("baseline:call4", "wavetank eval"),
        ("baseline:call5", "valid are baseline:"),
        ("umi:planner=umi", "nothing is said about caller, summarizer"),
        ("umi:planner", "is not ROLE=BACKEND"),
        ("umi:planner=umi,planner=umi", "named twice"),
        ("umi:planner=x,caller=x,summarizer=x", "no backend for a role"),
        ("checkpoint:/nowhere", "/nowhere"),
    ],
)
def test_an_invalid_name_says_what_is_valid(name: str, words: str) -> None:
    with pytest.raises(Exception, match=words) as caught:
        agent_from(name)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, UnknownAgent) or name.startswith("checkpoint")


def test_every_scripted_agent_is_listed() -> None:
    listed = known_agents()
    assert all(f"scripted:{name}" in listed for name in BEHAVIOURS)
    assert all(listed.values())

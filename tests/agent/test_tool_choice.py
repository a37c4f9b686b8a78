"""Which tools a request allows: by what it asks to be done, and by the values that it states."""

from __future__ import annotations

import pytest

from agent.runtime.forms.acts import kind_of, own_words, plain_wishes, unnamed_verbs, wishes
from agent.runtime.forms.described_tools import counting_tools
from agent.runtime.forms.spans import restrict_to_what_was_read
from agent.runtime.forms.tool_choice import fitting_tools
from tests.agent.test_spans import TEXT, form
from trajectories.records import Call, Message

TOOLS = [
    form("list_cats", mood=TEXT),
    form("get_cat", "cat_id", cat_id=TEXT),
    form("create_cat", "title", title=TEXT, mood=TEXT),
    form("delete_cat", "cat_id", cat_id=TEXT),
    form("update_cat", "cat_id", cat_id=TEXT, mood=TEXT),
    form("wait", seconds={"type": "integer"}),
]
CALL = Call(name="delete_cat", arguments={"cat_id": "c-8"}, raw='{"cat_id":"c-8"}')
FAILED = [
    Message(role="caller", content="", call=CALL),
    Message(role="observation", content="later", status=503),
]
READ = [
    Message(role="caller", content="", call=Call(name="get_cat", arguments={"cat_id": "c-8"})),
    Message(role="observation", content='{"cat_id": "c-8", "mood": "wild"}', status=200),
]


def names_after(request: str, *turns: Message) -> set[str]:
    messages = [Message(role="user", content=request), *turns]
    kept = fitting_tools(TOOLS, restrict_to_what_was_read(TOOLS, messages), messages)
    return {tool["function"]["name"] for tool in kept}


@pytest.mark.parametrize(
    ("request_", "kept"),
    [
        ("What is the mood of cat c-8?", {"get_cat"}),
        ("Please get rid of cat c-8.", {"delete_cat"}),
        ("Cat c-8 is wrong: its mood should be wild.", {"update_cat"}),
        ('Add a cat titled "Tom" with the mood "wild-2".', {"create_cat"}),
        ("Show me cats.", {"list_cats"}),
        ('Remove the cat called "Tom".', {"list_cats"}),
    ],
)
def test_a_request_is_done_by_tools_that_do_it_and_take_what_it_states(
    request_: str, kept: set[str]
) -> None:
    assert names_after(request_) == kept


def test_reading_comes_first_where_the_id_is_stated_nowhere() -> None:
    assert names_after('Delete the cat with the mood "wild-2".') == {"list_cats"}
    said = 'Remove the hut with the mood "wild-2" of owner o-7.'
    offered = [
        form("list_huts", owner_id=TEXT, mood=TEXT),
        form("delete_hut", "owner_id", "hut_id", owner_id=TEXT, hut_id=TEXT, mood=TEXT),
    ]
    messages = [Message(role="user", content=said)]
    ready = restrict_to_what_was_read(offered, messages)
    kept = fitting_tools(offered, ready, messages)
    assert [tool["function"]["name"] for tool in kept] == ["list_huts"]


def test_the_tool_that_is_about_more_of_what_is_spoken_of_goes_first() -> None:
    offered = [form(name, "id", id=TEXT) for name in ("get_cat", "get_cat_toy", "get_toy_box")]
    messages = [Message(role="user", content="Show me the cat toy with the id t-5.")]
    kept = fitting_tools(offered, offered, messages)
    assert [tool["function"]["name"] for tool in kept] == ["get_cat_toy"]


@pytest.mark.parametrize(
    ("names", "request_", "kept"),
    [
        (["delete_tale", "delete_tale_note"], "Delete note 5 of the tale 7x.", "delete_tale_note"),
        (["get_repo", "get_repos_by_owner"], "Who is the owner of repo r-5?", "get_repo"),
        (["orders_get", "orders_make"], "Show me order SLWSB.", "orders_get"),
        (["post-acceptDispute", "post-getReasons"], "Accept dispute d-5.", "post-acceptDispute"),
    ],
)
def test_the_tool_whose_words_are_spoken_goes_first(
    names: list[str], request_: str, kept: str
) -> None:
    offered = [form(name, "id", id=TEXT) for name in names]
    messages = [Message(role="user", content=request_)]
    ready = restrict_to_what_was_read(offered, messages)
    assert [tool["function"]["name"] for tool in fitting_tools(offered, ready, messages)] == [kept]


def test_where_nothing_is_plain_every_tool_stays() -> None:
    assert names_after("Cats, please.") == {"list_cats"}
    assert names_after("Please add the cat. Its title is Tom.") == {"create_cat"}
    assert names_after("I'd like a new cat.") == {"list_cats"}


def test_a_condition_is_looked_up_before_anything_is_changed() -> None:
    asks = "If cat c-8 is wild, delete it."
    assert names_after(asks) == {"get_cat"}
    assert names_after("If the cat is wild, delete it.") == {"list_cats", "get_cat"}
    assert names_after(asks, *READ) >= {"get_cat", "delete_cat"}


@pytest.mark.parametrize(
    ("request_", "makes_toy"),
    [
        ('Create a cat called "Tom"; as soon as it exists, give it a toy.', False),
        ('Create a toy called "Ball" for cat c-8.', True),
    ],
)
def test_what_is_asked_for_first_is_made_first(request_: str, makes_toy: bool) -> None:
    cat = form("create_cat", name=TEXT)
    toy = form("create_cat_toy", "cat_id", cat_id=TEXT, name=TEXT)
    tools = fitting_tools([cat, toy], [cat, toy], [Message(role="user", content=request_)])
    assert ("create_cat_toy" in [tool["function"]["name"] for tool in tools]) is makes_toy


def test_after_a_failure_reading_and_waiting_are_allowed() -> None:
    kept = names_after("Delete cat c-8.", *FAILED)
    assert kept >= {"list_cats", "get_cat", "delete_cat", "wait"} and "create_cat" not in kept


def test_wishes_are_heard_outside_of_quoted_texts_and_times() -> None:
    assert wishes('What is the last update time of "delete me"?') == {"reading"}
    assert wishes("Get rid of it.") == {"removing"}
    assert wishes("Record it.") == frozenset() and wishes("Record it.", perhaps=True)
    assert wishes("Add a cat which should be calm.") == {"creating"}
    assert wishes("What is the time of the invite?") == {"reading"}
    assert wishes("Which name is on record?", perhaps=True) == {"reading"}
    assert plain_wishes("Delete it, it should go.") == {"removing"}
    assert wishes("It has to go.") and not plain_wishes("It has to go.")


@pytest.mark.parametrize(
    ("request_", "wished"),
    [
        ("Just checking: is the hut open or not?", {"reading"}),
        ("Has it been sent?", {"reading"}),
        ("Is it wild? Delete it.", {"removing"}),
        ("Does it matter", set()),
        ("I need the time of order X7.", {"reading"}),
        ("Order the food.", {"creating"}),
    ],
)
def test_a_question_and_a_noun_ask_for_no_change(request_: str, wished: set[str]) -> None:
    assert wishes(request_, perhaps=True) == wished


def test_a_verb_that_no_other_tool_is_called_by_asks_for_its_tool() -> None:
    names = ("get_hut", "leave_hut", "create_or_join_hut")
    offered = [form(name, "id", id=TEXT) for name in names]
    offered[1]["function"]["description"] = "Removes the user from a hut."
    assert unnamed_verbs(offered) == {"leave"}
    messages = [Message(role="user", content="Can you leave the hut h-5?")]
    kept = fitting_tools(offered, offered, messages)
    assert [tool["function"]["name"] for tool in kept] == ["leave_hut"]


def test_who_counts_reads_the_list_of_what_is_counted() -> None:
    names = ("get_hut", "list_cat_rules")
    offered = [form(name, "hut_id", hut_id=TEXT) for name in names]
    offered += [form("get_cat_rule", "hut_id", "rule_id", hut_id=TEXT, rule_id=TEXT)]
    messages = [Message(role="user", content="How many rules for the hut with the id h-5?")]
    kept = fitting_tools(offered, offered[:2], messages)
    assert [tool["function"]["name"] for tool in kept] == ["list_cat_rules"]


def test_what_is_counted_may_stand_in_a_description_alone() -> None:
    offered = [form(name, "job_id", job_id=TEXT) for name in ("describe_job", "debug_job")]
    offered[1]["function"]["description"] = "Logs of a job. Not for jobs that run."
    asks = "How many logs for the job with the id j-5 are there?"
    assert counting_tools(offered, asks) == {"debug_job"}
    assert counting_tools(offered, "How many jobs are there?") == {"describe_job", "debug_job"}
    assert counting_tools(offered, 'Count those that have "Tom" as their name.') == frozenset()
    kept = fitting_tools(offered, offered, [Message(role="user", content=asks)])
    assert [tool["function"]["name"] for tool in kept] == ["debug_job"]


@pytest.mark.parametrize(
    ("request_", "kept"),
    [
        ("Tell me the level of the log of job j-5.", {"debug_job"}),
        ("What is the size of job j-5?", {"get_job"}),
        ("Get rid of job j-5.", {"delete_job"}),
        ("It is time to store job j-5.", {"store_job"}),
    ],
)
def test_a_tool_without_a_plain_verb_is_taken_where_its_words_are_said(
    request_: str, kept: set[str]
) -> None:
    names = ("get_job", "delete_job", "debug_job", "store_job")
    offered = [form(name, "job_id", job_id=TEXT) for name in names]
    offered[2]["function"]["description"] = "Logs of a job. Not for jobs that run."
    tools = fitting_tools(offered, offered, [Message(role="user", content=request_)])
    assert {tool["function"]["name"] for tool in tools} == kept


def test_what_nobody_speaks_of_is_read_later() -> None:
    offered = [form("get_alerts"), form("get_alert_groups"), form("get_alert_rules", "id", id=TEXT)]
    asks = [Message(role="user", content="Show me the alerts.")]
    made = [Message(role="caller", content="", call=Call(name="get_alerts", arguments={}))]
    done = [*asks, *made, Message(role="observation", content="[]", status=200)]
    for messages in (asks, done):
        names = {tool["function"]["name"] for tool in fitting_tools(offered, offered, messages)}
        assert names >= {"get_alerts", "get_alert_rules"}
        assert ("get_alert_groups" in names) is (messages is done)


def test_once_all_was_read_the_change_is_made() -> None:
    listed = [
        Message(role="caller", content="", call=Call(name="list_cats", arguments={})),
        Message(role="observation", content='[{"cat_id": "c-8", "title": "Tom Lee"}]', status=200),
    ]
    assert names_after('Get rid of the cat called "Tom Lee".', *listed) == {"delete_cat"}
    assert names_after('If "Tom Lee" is wild, remove the cat.', *listed) > {"delete_cat"}
    gone = [*FAILED[:1], Message(role="observation", content="", status=204)]
    assert "list_cats" in names_after('Get rid of the cat called "Tom Lee".', *listed, *gone)


def test_a_tool_that_is_too_wide_does_not_hide_the_others() -> None:
    forms = form("delete_forms", "owner", owner=TEXT, name=TEXT)
    one = form("delete_form", "owner", "form_id", owner=TEXT, form_id=TEXT)
    offered = [forms, one, form("list_forms", "owner", owner=TEXT)]
    messages = [Message(role="user", content='Delete the form called "Tom Lee" of owner o-7.')]
    ready = restrict_to_what_was_read(offered, messages)
    kept = fitting_tools(offered, ready, messages)
    assert [tool["function"]["name"] for tool in kept] == ["list_forms"]


def test_a_tool_is_of_the_kind_of_its_first_verb() -> None:
    kinds = [
        "patch_v1_cats",
        "post_cats_delete",
        "cats",
        "cancelTrip",
        "post_cats",
        "post_cat_feed",
    ]
    assert [kind_of(name, "") for name in kinds[:4]] == ["updating", "removing", "", ""]
    assert [kind_of(name, "") for name in kinds[4:]] == ["creating", ""]
    assert kind_of("cats", "Lists all cats.") == "reading"


def test_of_tools_that_make_something_the_one_for_what_is_wanted_is_taken() -> None:
    names = ("create_identity", "create_code_for_identity")
    offered = [form(name, identity_id=TEXT) for name in names]
    messages = [Message(role="user", content="I'd like a new code with the identity x7.")]
    kept = fitting_tools(offered, offered, messages)
    assert [tool["function"]["name"] for tool in kept] == ["create_code_for_identity"]


def test_what_a_thing_is_in_is_not_removed_in_its_place() -> None:
    hut = form("delete_hut", "hut_id", hut_id=TEXT)
    cat = form("delete_cat", "hut_id", "cat_id", hut_id=TEXT, cat_id=TEXT)
    messages = [Message(role="user", content="Delete cat c-8 of hut h-1."), *FAILED]
    kept = fitting_tools([hut, cat], [hut, cat], messages)
    assert [tool["function"]["name"] for tool in kept] == ["delete_cat"]


def test_a_book_is_a_thing_behind_a_verb() -> None:
    offered = [form("create_book", title=TEXT), form("create_review", "book_id", book_id=TEXT)]
    assert [own_words(tool) for tool in offered] == [{"book"}, {"review"}]
    assert own_words(form("book_room")) == {"room"}
    asks = 'We need a new book called "Tom Lee". It also needs a review.'
    kept = fitting_tools(offered, offered[:1], [Message(role="user", content=asks)])
    assert [tool["function"]["name"] for tool in kept] == ["create_book"]


def test_all_of_a_kind_are_not_removed_where_one_is_meant() -> None:
    offered = [
        form("delete_log", "day", "log_id", day=TEXT, log_id=TEXT),
        form("delete_logs", "day", day=TEXT),
    ]

    def kept(request: str) -> list[str]:
        messages = [Message(role="user", content=request)]
        return [tool["function"]["name"] for tool in fitting_tools(offered, offered, messages)]

    assert kept("Delete the log x7 of day d-1.") == ["delete_log"]
    assert kept("The log x7 of day d-1 can go; nobody needs it any more.") == ["delete_log"]
    assert "delete_logs" in kept("Delete all logs of day d-1.")

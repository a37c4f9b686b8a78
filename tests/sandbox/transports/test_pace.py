"""Virtual durations on a wall clock."""

from __future__ import annotations

import pytest

from sandbox import World
from sandbox.messages import Response
from sandbox.transports.wall_time import Pace


def limited(*headers: tuple[str, str]) -> Response:
    return Response(429, headers, b"")


def test_durations_are_stated_in_wall_seconds_rounded_up(world: World) -> None:
    session = world.session()
    shown = Pace(60).in_wall_time(
        limited(
            ("retry-after", "90"),
            ("x-ratelimit-reset", "30"),
            ("ratelimit", '"default";r=0;t=120'),
            ("content-type", "text/plain"),
        ),
        session,
    )
    assert [value for _, value in shown.headers] == ["2", "1", '"default";r=0;t=2', "text/plain"]


def test_a_virtual_date_becomes_the_seconds_until_then(world: World) -> None:
    session = world.session()
    later = session.clock.instant(600).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert Pace(60).in_wall_time(limited(("retry-after", later)), session).headers == (
        ("retry-after", "10"),
    )


def test_scale_one_changes_no_byte(world: World) -> None:
    response = limited(("retry-after", "90"))
    assert Pace(1).in_wall_time(response, world.session()) is response


def test_dates_and_rubbish_are_left_alone(world: World) -> None:
    headers = (("x-ratelimit-reset", "1768467600"), ("retry-after", "soon"))
    response = limited(*headers)
    assert Pace(60).in_wall_time(response, world.session()) is response


def test_whole_wall_seconds_of_waiting_move_the_clock(world: World) -> None:
    moments = iter([0.0, 0.9, 1.0, 3.5])
    pace, session = Pace(60, now=lambda: next(moments)), world.session()
    pace.arrive(session)
    pace.arrive(session)
    assert session.clock.now == 0
    pace.depart()
    pace.arrive(session)
    assert session.clock.now == 120


def test_a_scale_must_be_positive() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Pace(0)

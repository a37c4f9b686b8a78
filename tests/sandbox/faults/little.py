"""A little server for the tests of faults: one counter, a clock, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from sandbox.faults import FaultInjector, plan
from sandbox.messages import Arguments, Request, Response
from sandbox.world.clock import Clock
from sandbox.world.ledger import Firing


@dataclass
class Little:
    """A session stand-in: `call` sends one intent through the faults, `commits` counts effects."""

    injector: FaultInjector
    clock: Clock = field(default_factory=Clock)
    commits: int = 0
    firings: list[Firing] = field(default_factory=list)

    @classmethod
    def of(cls, source: Any, seed: int = 0) -> Little:
        return cls(plan(source).compile(None, seed))

    def call(
        self,
        intent: bytes = b"one",
        method: str = "POST",
        path: str = "/orders",
        connection: int = 0,
    ) -> Response:
        operation = SimpleNamespace(
            id=f"{method} {path}", method=method, path=path, tags=(), security=(), parameters=()
        )
        session = SimpleNamespace(
            clock=self.clock,
            helpfulness=2,
            seed=0,
            label="",
            world=None,
            state=SimpleNamespace(),
            connection=connection,
        )
        firings: list[Firing] = []
        arguments = Arguments(query={"intent": intent.decode()})
        moment = self.injector.meet(cast(Any, operation), arguments, self.clock.now)
        if moment is None:
            return self._proceed()
        context = SimpleNamespace(
            session=session,
            operation=operation,
            arguments=None,
            request=lambda: Request(method, path),
            intent=intent,
            moment=moment,
            occurrence=moment.occurrence,
            answer=lambda arguments: self._proceed(),
            effects=[],
            firings=firings,
            fired=firings.append,
        )
        response = self.injector.around(cast(Any, context), self._proceed)
        self.firings.extend(firings)
        return response

    def _proceed(self) -> Response:
        self.commits += 1
        return Response(201, (("content-type", "application/json"),), b'{"id":1}')


def statuses(little: Little, calls: int, **how: Any) -> list[int]:
    """The statuses of the same call made several times."""
    make: Callable[..., Response] = little.call
    return [make(**how).status for _ in range(calls)]

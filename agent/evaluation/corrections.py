"""The solver as teacher, from the histories that a student got itself into.

A student's failed episode is played again up to the step that is to blame, and from there on the
solver acts on what the student saw. Only the solver's turns may be learnt.
"""

from __future__ import annotations

from agent.evaluation.blame import blame_in
from agent.runtime.rerun import Reruns
from trajectories import Trajectory


def correction(record: Trajectory, worlds: Reruns) -> Trajectory | None:
    """The episode as the solver ends it; None for one that went well or that it cannot set right.

    The student's turns stay in the conversation, masked. A turn of the solver that equals the
    student's is the student's: what it did right before its mistake is no lesson.
    """
    found = blame_in(record, worlds)
    if found is None:
        return None
    pair = found.pair(record)
    turns = [
        turn.model_copy(update={"learn": turn.learn and place >= pair.shared})
        for place, turn in enumerate(pair.chosen.messages)
    ]
    return pair.chosen.model_copy(update={"messages": turns})

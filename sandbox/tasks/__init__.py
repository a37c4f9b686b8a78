"""Tasks: goals that a program can check, made from any document or written by hand."""

from sandbox.tasks.generate import Report, generate
from sandbox.tasks.judge import Verdict, judge
from sandbox.tasks.models import SolutionStep, Task, TaskFile

__all__ = ["Report", "SolutionStep", "Task", "TaskFile", "Verdict", "generate", "judge"]

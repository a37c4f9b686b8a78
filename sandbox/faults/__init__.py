"""Faults: declared misbehaviour around a call, with the truth about it on record."""

from sandbox.faults.injector import FaultInjector
from sandbox.faults.plan import Plan, Rule, plan
from sandbox.faults.registry import Fault, fault, faults

__all__ = ["Fault", "FaultInjector", "Plan", "Rule", "fault", "faults", "plan"]

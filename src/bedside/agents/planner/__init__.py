"""The planner: a few questions, each with the facts it needs and no others."""

from bedside.agents.planner.follow import MOST_ROUNDS, follow_up
from bedside.agents.planner.narrate import narrate_step
from bedside.agents.planner.plan import QUESTIONS, extend, plan
from bedside.agents.planner.step import ask_step, asking, following_up

__all__ = [
    "MOST_ROUNDS",
    "QUESTIONS",
    "ask_step",
    "asking",
    "extend",
    "follow_up",
    "following_up",
    "narrate_step",
    "plan",
]

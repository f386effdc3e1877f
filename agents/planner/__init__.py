"""The planner: a few questions, each with the facts it needs and no others."""

from bedside.agents.planner.narrate import narrate_step
from bedside.agents.planner.plan import plan
from bedside.agents.planner.step import ask_step

__all__ = ["ask_step", "narrate_step", "plan"]

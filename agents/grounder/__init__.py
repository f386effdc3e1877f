"""The grounder: every fact points at characters of the note, or it is kept apart."""

from bedside.agents.grounder.ground import Claim, ground
from bedside.agents.grounder.step import ground_step

__all__ = ["Claim", "ground", "ground_step"]

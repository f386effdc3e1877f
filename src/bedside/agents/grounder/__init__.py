"""The grounder: every fact points at characters of the note, or it is kept apart."""

from bedside.agents.grounder.ground import ground
from bedside.agents.grounder.step import ground_step

__all__ = ["ground", "ground_step"]

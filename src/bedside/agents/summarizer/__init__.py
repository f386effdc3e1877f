"""The summarizer: a long record as one page, each sentence with its characters in the notes."""

from bedside.agents.summarizer.step import summarize_step
from bedside.agents.summarizer.summarize import summarize

__all__ = ["summarize", "summarize_step"]

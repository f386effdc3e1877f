"""The transcriber: a page of print becomes text of the case, and its laboratory rows become facts."""

from importlib.resources import files

__all__ = ["PROMPTS"]

PROMPTS = str(files("bedside.agents.transcriber").joinpath("prompts"))
"""Folder of the transcriber's templates; the entry point `bedside.prompts` names it."""

"""The radiographer: a local model drafts what it sees in pictures, each finding with its place."""

from importlib.resources import files

__all__ = ["PROMPTS"]

PROMPTS = str(files("bedside.agents.radiographer").joinpath("prompts"))
"""Folder of the radiographer's templates; the entry point `bedside.prompts` names it."""

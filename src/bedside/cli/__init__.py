"""The command `bedside`. It meets graphs by name only."""

from bedside.cli.app import main

__all__ = ["main"]

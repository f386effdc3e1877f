"""The command `bedside`. It refers to graphs by name only."""

from bedside.cli.app import main

__all__ = ["main"]

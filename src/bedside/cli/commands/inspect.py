"""Commands that look at graphs and at this installation."""

from __future__ import annotations

import typer

from bedside.cli.options import Flags, Graph, takes

__all__ = ["doctor", "explain", "graphs"]


@takes()
def explain(graph: Graph, flags: Flags) -> None:
    """Print who reads and writes what in a graph, what may leave, its prompts, and its picture as Mermaid."""
    from bedside.boundary import PromptRegistry
    from bedside.flow import explain as explain_graph
    from bedside.session import load_graph

    prompts = PromptRegistry.installed(flags.settings().prompts)
    typer.echo(explain_graph(load_graph(graph, prompts=prompts)))


def graphs() -> None:
    """List the installed graphs, each with the first line of what it says of itself."""
    from bedside.session import installed_graphs

    for name, line in installed_graphs():
        typer.echo(f"{name:16} {line}")


@takes("model", "consult", "inside", "store")
def doctor(flags: Flags) -> None:
    """Say what is configured, reachable or missing, each with the command that fixes it."""
    from bedside.cli.doctor import diagnose, show_findings

    raise typer.Exit(show_findings(diagnose(flags.settings())))

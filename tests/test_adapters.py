"""Private names of LangGraph, LangChain and Presidio are used in one file each, and are counted."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "src" / "bedside").rglob("*.py"))
LIBRARIES = ("langgraph", "langchain_core", "langchain_openai", "presidio_analyzer", "presidio_anonymizer", "spacy")
ADAPTERS = {"_langgraph.py": 23, "_langchain.py": 3}
"""Adapter file and how many private names of its library it relies on. A larger number wants a reason."""

# LangChain documents these for whoever derives a chat model: they are overridden, and their base is called.
EXTENDED = {"_get_ls_params", "_generate", "_agenerate", "_stream", "_astream", "_llm_type", "_identifying_params"}

PYTHONS = {"_replace", "_asdict", "_getframe"}


def private_imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[0] not in LIBRARIES:
            continue
        path = (node.module or "").split(".")
        for name in node.names:
            if any(part.startswith("_") for part in (*path[1:], name.name)):
                yield f"{node.module}.{name.name}"


def private_attributes(tree: ast.AST) -> Iterator[str]:
    """Attributes that begin with an underscore, of anything but the object itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            if not own:
                yield node.attr


def defined(tree: ast.AST) -> Iterator[str]:
    """What Bedside's own classes and modules define."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            yield from (one.id for one in targets if isinstance(one, ast.Name))


TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def test_private_names_of_libraries_are_imported_in_the_adapters_alone() -> None:
    found = {str(path): list(private_imports(tree)) for path, tree in TREES.items() if path.name not in ADAPTERS}
    assert {path: names for path, names in found.items() if names} == {}


def test_private_attributes_of_libraries_are_used_in_the_adapters_alone() -> None:
    own = (
        {name for path, tree in TREES.items() if path.name not in ADAPTERS for name in defined(tree)}
        | EXTENDED
        | PYTHONS
    )
    used = {
        path.name: sorted(set(private_attributes(tree)) - own)
        for path, tree in TREES.items()
        if path.name not in ADAPTERS
    }
    assert {path: names for path, names in used.items() if names} == {}


def test_the_adapters_rely_on_so_many_private_names_and_no_more() -> None:
    counted = {
        path.name: len([*private_imports(tree), *private_attributes(tree)])
        for path, tree in TREES.items()
        if path.name in ADAPTERS
    }
    assert counted == ADAPTERS

"""The tables of the boundary, in `data/`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

__all__ = ["data_rows"]


def data_rows(name: str) -> Iterator[dict[str, str]]:
    """Return the rows of a table, by the names of its columns; lines that begin with # are remarks."""
    text = files("bedside.boundary").joinpath("data", f"{name}.tsv").read_text(encoding="utf-8")
    header, *lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    columns = header.split("\t")
    return (dict(zip(columns, line.split("\t"), strict=True)) for line in lines)

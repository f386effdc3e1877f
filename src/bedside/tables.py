"""Tables that come with a package: `data/NAME.tsv`, a header, then a row a line; tabs between, nothing quoted."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

__all__ = ["table_rows"]


def table_rows(package: str, table: str) -> Iterator[dict[str, str]]:
    """Return the rows of a table, by the names of its columns.

    Lines before the header that begin with # are remarks.

    Args:
        package: The package with the folder `data`: "bedside.boundary".
        table: Its name without ending.

    Raises:
        ValueError: A row has more or fewer values than there are columns.
    """
    lines = files(package).joinpath("data", f"{table}.tsv").read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    columns = lines[first].split("\t")
    # The module `csv` takes four times as long.
    return (dict(zip(columns, line.split("\t"), strict=True)) for line in lines[first + 1 :] if line)

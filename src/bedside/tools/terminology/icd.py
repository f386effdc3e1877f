"""ICD-10-CM: all codes of the package `simple-icd-10-cm`, with its inclusion terms and Bedside's lay names.

The index is built on first use, in five seconds, and kept in the cache folder: 33 MB. Later it opens at once and
needs the package no more than for its version.
"""

from __future__ import annotations

import hashlib
import warnings
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from bedside.errors import MissingExtraError
from bedside.tools.terminology.code_index import SCHEMA, CodeIndex, Entry, cache_folder
from bedside.tools.terminology.concepts import concepts
from bedside.tools.terminology.systems import ICD10CM

__all__ = ["icd10cm"]

_PACKAGE = "simple-icd-10-cm"
# Which ICD-10-CM a version of the package carries: fiscal year 2026 with the update of April.
_RELEASES = {"1.5.0": "2026"}


def icd10cm() -> CodeIndex:
    """Return the whole of ICD-10-CM, as a `Terminology`.

    Raises:
        MissingExtraError: The package is not installed.
        InputError: The cache folder cannot be written to.
    """
    try:
        release = version(_PACKAGE)
    except PackageNotFoundError:
        raise MissingExtraError(_PACKAGE, "icd") from None
    synonyms = _synonyms()
    # The lay names are Bedside's own and change with it: they are part of what the file holds.
    digest = hashlib.sha256(repr(sorted(synonyms.items())).encode()).hexdigest()[:12]
    path = cache_folder() / f"icd10cm-{release}-{SCHEMA}-{digest}.sqlite"
    if not path.is_file():
        CodeIndex.build(path, _entries(synonyms))
    return CodeIndex(path, system=ICD10CM, version=_RELEASES.get(release))


def _synonyms() -> dict[str, tuple[str, ...]]:
    """Return the names that the curated tables give to a code."""
    known: dict[str, list[str]] = defaultdict(list)
    for concept in concepts():
        if concept.code is not None and concept.code.system == ICD10CM:
            known[concept.code.code] += [name.removeprefix("=") for name in concept.names]
    return {code: tuple(dict.fromkeys(names)) for code, names in known.items()}


def _entries(synonyms: dict[str, tuple[str, ...]]) -> Iterator[Entry]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import simple_icd_10_cm as icd

    for code in icd.get_all_codes(True):
        if not icd.is_chapter_or_block(code):
            yield Entry(
                code,
                icd.get_description(code),
                tuple(icd.get_inclusion_term(code)),
                synonyms.get(code, ()),
                billable=not icd.get_children(code),
            )

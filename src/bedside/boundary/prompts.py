"""Prompts are data: numbered files, frozen with their hash, filled in one pass with sealed text only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from bedside.boundary.seals import RemoteText, SealedText
from bedside.errors import InputError

__all__ = ["Prompt", "PromptRegistry", "PromptTemplate"]

_FIELD = re.compile(r"\{\{([a-z_]+)\}\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A template and the sealed texts that fill it. Plain strings have no place here.

    Attributes:
        template: Id of a template of the registry.
        fields: One value for each `{{field}}` of the template.
    """

    template: str
    fields: Mapping[str, SealedText | RemoteText]


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """One prompt file.

    Attributes:
        id: Folder and file name without ending, `consult/danger`.
        text: The text with `{{field}}` marks.
        sha256: Hash of the text; it names the version in explain, audit trail and Provenance.
    """

    id: str
    text: str
    sha256: str

    @property
    def fields(self) -> frozenset[str]:
        """Names of the fields that must be filled."""
        return frozenset(_FIELD.findall(self.text))

    def fill(self, values: Mapping[str, str]) -> str:
        """Put the values in, in one pass: a value that looks like a field mark stays what it is."""
        return _FIELD.sub(lambda match: values[match.group(1)], self.text)


class PromptRegistry(Mapping[str, PromptTemplate]):
    """Immutable set of prompt templates by id."""

    def __init__(self, templates: Mapping[str, PromptTemplate]) -> None:
        self._templates = dict(templates)

    @classmethod
    def from_folders(cls, *folders: Path) -> PromptRegistry:
        """Read `*.md` below the folders; a later folder overrides a template of the same id.

        Raises:
            InputError: A folder is missing or a file is not UTF-8 text.
        """
        templates: dict[str, PromptTemplate] = {}
        for folder in folders:
            if not folder.is_dir():
                raise InputError(f"prompt folder {folder} does not exist")
            for path in sorted(folder.rglob("*.md")):
                try:
                    text = path.read_text(encoding="utf-8").strip()
                except UnicodeDecodeError as error:
                    raise InputError(f"prompt file {path} is not UTF-8, at byte {error.start}") from None
                name = path.relative_to(folder).with_suffix("").as_posix()
                templates[name] = PromptTemplate(name, text, hashlib.sha256(text.encode()).hexdigest())
        return cls(templates)

    @classmethod
    def installed(cls, override: Path | None = None) -> PromptRegistry:
        """The templates that installed packages bring (entry points `bedside.prompts`), and one user folder."""
        return cls.from_folders(*_installed_folders(), *([override] if override else []))

    def __getitem__(self, key: str) -> PromptTemplate:
        return self._templates[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._templates)

    def __len__(self) -> int:
        return len(self._templates)


@cache
def _installed_folders() -> tuple[Path, ...]:
    return tuple(Path(point.load()) for point in entry_points(group="bedside.prompts"))

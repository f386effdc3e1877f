"""Prompts as data: numbered files, frozen with their hash, filled in one pass with sealed text only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bedside.boundary.alphabet import outside
from bedside.boundary.seals import RemoteText, SealedText
from bedside.errors import InputError
from bedside.plugins import load_all

__all__ = ["Prompt", "PromptRegistry", "PromptTemplate", "plain"]

_FIELD = re.compile(r"\{\{([a-z_]+)\}\}")
_VERSION = re.compile(r"<!-- version: ([\w.\-]{1,20}) -->")
_NO_EXAMPLES = re.compile(r"\n*\{\{examples\}\}")
_EXAMPLES = ".examples"


def plain(text: str) -> str:
    """Return data as a prompt may hold it: angle brackets become look-alikes, control tokens of templates are gone.

    One character for one: offsets stay true.
    """
    return text.replace("<", "‹").replace(">", "›")


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
        id: Folder and file name without ending, `consult/danger`; of a version for one family of models with its
            name, `read/facts.medgemma`.
        text: The text with `{{field}}` marks, examples put in.
        sha256: Hash of the text; it names the version in explain, audit trail and Provenance.
        version: The file's version, in a first line `<!-- version: 2 -->`; empty where it has none.
    """

    id: str
    text: str
    sha256: str
    version: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """The names of the fields that must be filled."""
        return frozenset(_FIELD.findall(self.text))

    @property
    def name(self) -> str:
        """The id, version and beginning of the hash, by which a reader sees which words were used."""
        version = f" version {self.version}" if self.version else ""
        return f"{self.id}{version}, sha256 {self.sha256[:16]}"

    def fill(self, values: Mapping[str, str]) -> str:
        """Fill the fields in one pass: a value that looks like a field mark stays what it is."""
        return _FIELD.sub(lambda match: values[match.group(1)], self.text)


class PromptRegistry(Mapping[str, PromptTemplate]):
    """An immutable set of prompt templates by id."""

    def __init__(self, templates: Mapping[str, PromptTemplate]) -> None:
        self._templates = dict(templates)

    @classmethod
    def from_folders(cls, *folders: Path) -> PromptRegistry:
        """Read `*.md` below the folders; a later folder overrides a file of the same name.

        `facts.md` is a template, `facts.medgemma.md` the one that models of the family medgemma get instead. What
        is in `facts.examples.md` takes the place of `{{examples}}` in `facts.md`; without that file the mark
        goes. Few-shot examples make MedGemma worse at closed questions and help small models to extract, so each
        template has its own or none.

        Raises:
            InputError: A folder is missing, or a file is not UTF-8 text or holds characters that may not leave.
        """
        texts: dict[str, str] = {}
        for folder in folders:
            if not folder.is_dir():
                raise InputError(f"prompt folder {folder} does not exist")
            for path in sorted(folder.rglob("*.md")):
                try:
                    text = path.read_text(encoding="utf-8").strip()
                except UnicodeDecodeError as error:
                    raise InputError(f"prompt file {path} is not UTF-8, at byte {error.start}") from None
                texts[path.relative_to(folder).with_suffix("").as_posix()] = text
        names = [name for name in texts if not name.endswith(_EXAMPLES)]
        return cls({name: _template(name, texts[name], texts.get(f"{name}{_EXAMPLES}", "")) for name in names})

    @classmethod
    def installed(cls, override: Path | None = None) -> PromptRegistry:
        """Return the templates of installed packages (entry points `bedside.prompts`), and of one user folder."""
        return cls.from_folders(*_installed_folders(), *([override] if override else []))

    def choose(self, name: str, family: str) -> PromptTemplate | None:
        """Return the template of this name for a family of models: its own, or the one for all."""
        return self._templates.get(f"{name}.{family}") or self._templates.get(name)

    def __getitem__(self, key: str) -> PromptTemplate:
        return self._templates[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._templates)

    def __len__(self) -> int:
        return len(self._templates)


def _template(name: str, text: str, examples: str) -> PromptTemplate:
    # A template leaves with every question: what nobody sees in it, or what could hold a text unseen, must not.
    if strange := outside(re.sub("[‹›]", "", text + examples)):
        raise InputError(
            f"prompt file {name}.md holds {strange} characters that may not leave; write it in plain ones"
        )
    version = _VERSION.match(text)
    if version:
        text = text[version.end() :].lstrip()
    whole = text.replace("{{examples}}", examples) if examples else _NO_EXAMPLES.sub("", text)
    return PromptTemplate(name, whole, hashlib.sha256(whole.encode()).hexdigest(), version[1] if version else "")


@cache
def _installed_folders() -> tuple[Path, ...]:
    return tuple(map(Path, load_all("bedside.prompts").values()))

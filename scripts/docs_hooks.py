"""What MkDocs does not do by itself: files outside of `docs/` that the pages link are part of the site.

SECURITY and its like become pages, a folder becomes a list of its files, and any other file (an example, a table, a
test) becomes a page that shows it. So a link that works in the repository works on the site too.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
_LINK = re.compile(r"(\]\()(\.\./[^)#\s]*|[A-Za-z][\w./-]*)(#[^)\s]*)?\)")
_LANGUAGES = {".py": "python", ".toml": "toml", ".json": "json", ".tsv": "text", ".md": "markdown", ".txt": "text"}


def on_files(files: Files, config: Any) -> Files:
    """Add what the pages link outside of `docs/`, and what these link in turn."""
    todo = [(file.src_uri, file.content_string) for file in files.documentation_pages()]
    while todo:
        page, text = todo.pop()
        for link in _LINK.finditer(text):
            path = _outside(page, link[2])
            if path is None or files.get_file_from_path(_uri(path)):
                continue
            content = _shown(path)
            files.append(File.generated(config, _uri(path), content=content))
            todo.append((_uri(path), content))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Let each link lead to the page that shows what it names."""
    here = page.file.src_uri

    def led(link: re.Match[str]) -> str:
        path = _outside(here, link[2])
        uri = _uri(path) if path else _inside(here, link[2])
        return f"{link[1]}{posixpath.relpath(uri, posixpath.dirname(here))}{link[3] or ''})" if uri else link[0]

    return _LINK.sub(led, markdown)


def _lies(page: str) -> str:
    """Where a page of the site lies in the repository."""
    return page.removeprefix("repository/") if page.startswith("repository/") else f"docs/{page}"


def _target(page: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(_lies(page)), link))


def _outside(page: str, link: str) -> Path | None:
    """The path below the root that a page links, where it lies outside of `docs/`."""
    target = _target(page, link)
    return Path(target) if not target.startswith(("docs/", "..")) and (ROOT / target).exists() else None


def _inside(page: str, link: str) -> str:
    """The page of `docs/` that a page of the root links; of a page of `docs/` MkDocs looks after its own links."""
    target = _target(page, link)
    found = page.startswith("repository/") and target.startswith("docs/") and (ROOT / target).exists()
    return target.removeprefix("docs/") if found else ""


def _uri(path: Path) -> str:
    return f"repository/{path}" if path.suffix == ".md" else f"repository/{path}.md"


def _shown(path: Path) -> str:
    whole = ROOT / path
    if whole.is_dir():
        rows = sorted(one.name for one in whole.iterdir() if one.suffix in _LANGUAGES)
        return f"# {path}\n\n" + "\n".join(f"- [{name}]({path.name}/{name})" for name in rows) + "\n"
    text = whole.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    return f"# {path.name}\n\n`{path}`\n\n````{_LANGUAGES.get(path.suffix, 'text')}\n{text}\n````\n"

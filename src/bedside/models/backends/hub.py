"""The availability of a model: from a folder, this machine's cache, or the hub, with a useful error if not."""

from __future__ import annotations

import json
import os
import re
from enum import StrEnum
from pathlib import Path

import httpx

from bedside.errors import EndpointError

__all__ = ["Access", "access", "config_of", "refused"]

HUB = "https://huggingface.co"
ID = re.compile(r"[\w.\-]+/[\w.\-]+")
SECONDS = 5.0


class Access(StrEnum):
    """The availability of a model on this machine."""

    FOLDER = "it is a folder"
    CACHED = "it lies in this machine's cache"
    OPEN = "the hub gives it to this machine"
    NO_TOKEN = "the hub does not know who asks"
    NOT_ACCEPTED = "the hub knows who asks, and its terms were not accepted"
    UNKNOWN = "the hub has no model of this name, or it is private"
    UNREACHABLE = "the hub cannot be reached from this machine"
    NO_MODEL = "it is neither a folder with a config.json nor a name of the form OWNER/NAME"


def access(model: str) -> Access:
    """Find out whether a model can be loaded. The hub receives the model's name and the token, nothing else."""
    if _is_folder(model):
        return Access.FOLDER if (Path(model) / "config.json").is_file() else Access.NO_MODEL
    if not ID.fullmatch(model):
        return Access.NO_MODEL
    if _cached(model):
        return Access.CACHED
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "on", "yes", "true"):
        return Access.UNREACHABLE
    hub = os.environ.get("HF_ENDPOINT", HUB).rstrip("/")
    headers = {"Authorization": f"Bearer {token}"} if (token := _token()) else {}
    try:
        # The way that the hub's own client takes, proxies of the environment included.
        reply = httpx.head(f"{hub}/{model}/resolve/main/config.json", headers=headers, timeout=SECONDS)
    except httpx.HTTPError:
        return Access.UNREACHABLE
    if reply.status_code in (401, 403, 404):
        gated = reply.headers.get("X-Error-Code") == "GatedRepo"
        if reply.status_code == 403 or (gated and token):
            return Access.NOT_ACCEPTED
        # Asked by nobody it knows, the hub says 401 of a model that does not exist as well.
        return Access.NO_TOKEN if reply.status_code == 401 and not token else Access.UNKNOWN
    return Access.OPEN if reply.status_code < 400 else Access.UNREACHABLE


def refused(model: str, found: Access) -> EndpointError:
    """Return the error for an unavailable model, with the remedy."""
    name = model[:200]
    page = f"{os.environ.get('HF_ENDPOINT', HUB).rstrip('/')}/{model}"
    return EndpointError(
        {
            Access.NO_TOKEN: (
                f"{name} (401): the hub does not know who asks, and gives this model to people it knows; log in "
                "with `hf auth login`, or set HF_TOKEN to a token that may read"
            ),
            Access.NOT_ACCEPTED: (
                f"{name} (403): your token is known, and its owner has not accepted the model's terms; accept them "
                f"once at {page}, and let the token read gated repositories"
            ),
            Access.UNKNOWN: f"{name}: the hub shows your token no model of this name; check it at {page}",
            Access.UNREACHABLE: (
                f"{name} does not lie on this machine, and the hub cannot be reached; where it can, run "
                f"`hf download {name} --local-dir FOLDER`, bring the folder here and write hf:FOLDER"
            ),
        }.get(
            found,
            f"{name} cannot be loaded (no model): it is neither a folder with a config.json nor OWNER/NAME",
        )
    )


def config_of(model: str) -> dict[str, object]:
    """Return the config.json of a model on this machine; empty where there is none."""
    path = Path(model) / "config.json" if _is_folder(model) else _cached(model)
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_folder(model: str) -> bool:
    return model.startswith(("/", "./", "../", "~")) or (model != "" and Path(model).is_dir())


def _cached(model: str) -> Path | None:
    """Return a model's config.json in the hub client's cache, laid out as that client does."""
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    folder = Path(os.environ.get("HF_HUB_CACHE", home / "hub")) / f"models--{model.replace('/', '--')}"
    try:
        revision = (folder / "refs" / "main").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    path = folder / "snapshots" / revision / "config.json"
    return path if path.is_file() else None


def _token() -> str:
    """Return the hub's token, from where its client looks for it."""
    if token := os.environ.get("HF_TOKEN", "").strip():
        return token
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    try:
        return Path(os.environ.get("HF_TOKEN_PATH", home / "token")).read_text(encoding="utf-8").strip()
    except OSError:
        return ""

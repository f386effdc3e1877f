"""The properties of model families, read from one table."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bedside.errors import EndpointError, safe_name

__all__ = ["ImageSize", "Profile", "Task", "profile_for", "profiles"]

Task = Literal["answer", "extract", "closed", "report"]
"""A model's task: answer freely, fill a schema, choose an option, report on images."""


class ImageSize(BaseModel):
    """The size at which a family sees an image.

    Attributes:
        side: Pixels of the square that it is shown.
        tokens: The tokens that one image costs of the context.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    side: int
    tokens: int


class Profile(BaseModel):
    """One row of `data/profiles.toml`, where each column is explained.

    Attributes:
        tokens: Longest answer by task, thinking included.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    names: str
    types: tuple[str, ...]
    system: bool
    thinking: tuple[str, str] | tuple[()] = ()
    controls: tuple[str, ...]
    stop: tuple[str, ...]
    context: int
    image: ImageSize | None = None
    tokens: dict[Task, int] = Field(repr=False)

    def harmless(self, text: str) -> str:
        """Return the text with control words of the chat template disarmed, of the same length.

        A note may hold `<end_of_turn>`, by accident or by intent. Its angle bracket becomes a look-alike, so that
        offsets stay true and a reader still sees what was there.
        """
        if not self.controls:
            return text
        return _controls(self.controls).sub(lambda found: found.group().translate(_LOOK_ALIKES), text)


_LOOK_ALIKES = str.maketrans("<>|[]", "‹›¦⟦⟧")


@cache
def _controls(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))


@cache
def profiles() -> MappingProxyType[str, Profile]:
    """Return all profiles by name, in the order in which they are tried."""
    text = files("bedside.models").joinpath("data", "profiles.toml").read_text(encoding="utf-8")
    return MappingProxyType({name: Profile(name=name, **row) for name, row in tomllib.loads(text).items()})


def profile_for(model: str, *, model_type: str = "", named: str = "") -> Profile:
    """Return the profile of a model.

    Args:
        model: Its name: of a server, a file or a folder, without the folders above.
        model_type: The type in its config.json or GGUF file, where there is one.
        named: A profile that the user named; it decides.

    Raises:
        EndpointError: No profile has that name.
    """
    known = profiles()
    if named:
        if named not in known:
            raise EndpointError(f"there is no model profile {safe_name(named)}; write one of {', '.join(known)}")
        return known[named]
    by_name = (one for one in known.values() if one.names and re.search(one.names, model, re.IGNORECASE))
    by_type = (one for one in known.values() if model_type in one.types)
    return next(by_name, None) or next(by_type, known["generic"])

"""The backend `scripted:`, a chat model that answers from a table: the public test double for graphs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import ClassVar

from langchain_core.messages.ai import UsageMetadata
from pydantic import PrivateAttr

from bedside.errors import EndpointError
from bedside.models.chat import ProfiledChatModel
from bedside.models.reply import Finish, Piece, Request

__all__ = ["ScriptedChatModel"]


class ScriptedChatModel(ProfiledChatModel):
    """A chat model that answers from a table or a function, and remembers its requests.

    It streams word by word, keeps to its budget and treats an answer as any backend does: thinking is separated,
    an answer that is too long is cut off and one that loops is stopped. A word counts as a token, and an image as
    many as its family's.

    Attributes:
        table: Pairs of a regular expression and an answer; the first that is found in the request answers.
        function: Called with the request's text instead of the table.
        default: The answer where nothing fits.
    """

    model: str = "scripted"
    table: tuple[tuple[str, str], ...] = ()
    function: Callable[[str], str] | None = None
    default: str = ""
    real: ClassVar[bool] = False
    _asked: list[Request] = PrivateAttr(default_factory=list)

    @classmethod
    def from_file(cls, path: Path) -> ScriptedChatModel:
        """Read a JSON file: a list of `{"contains": REGEX, "answer": TEXT}`.

        Raises:
            EndpointError: The file is missing or of another form.
        """
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
            table = tuple((str(row["contains"]), str(row["answer"])) for row in rows)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise EndpointError(
                f"scripted answers {path}: {type(error).__name__}; "
                'the file must be a JSON list of {"contains": REGEX, "answer": TEXT}'
            ) from None
        return cls(table=table)

    @property
    def requests(self) -> Sequence[str]:
        """The text of each request, in order."""
        return tuple(_text(request) for request in self._asked)

    @property
    def asked(self) -> Sequence[Request]:
        """The requests as a backend receives them, images and schema included, in order."""
        return tuple(self._asked)

    @property
    def sees(self) -> bool:
        return True

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        self._asked.append(request)
        text = _text(request)
        answer = self.function(text) if self.function else self._look_up(text)
        words = re.findall(r"\s*\S+|\s+$", answer)
        said = words[: request.max_tokens]
        for word in said:
            yield Piece(word)
        images = sum(len(turn.images) for turn in request.turns)
        asked = len(text.split()) + (images * self.family.image.tokens if self.family.image else 0)
        usage = UsageMetadata(input_tokens=asked, output_tokens=len(said), total_tokens=asked + len(said))
        yield Piece(finish=Finish.STOP if said == words else Finish.LENGTH, usage=usage)

    def _look_up(self, request: str) -> str:
        return next((answer for pattern, answer in self.table if re.search(pattern, request)), self.default)


def _text(request: Request) -> str:
    return "\n".join(turn.text for turn in request.turns)

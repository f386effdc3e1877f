"""A chat model that answers from a table: the public test double for graphs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr

from bedside.errors import EndpointError

__all__ = ["ScriptedChatModel"]


class ScriptedChatModel(BaseChatModel):
    """Answers each request from a table, or from a function, and remembers what it was asked.

    Attributes:
        table: Pairs of a regular expression and an answer; the first that is found in the request answers.
        function: Called with the request's text instead of the table.
        default: The answer where nothing fits.
    """

    table: tuple[tuple[str, str], ...] = ()
    function: Callable[[str], str] | None = None
    default: str = ""
    _requests: list[str] = PrivateAttr(default_factory=list)

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
        return tuple(self._requests)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        request = "\n".join(message.text for message in messages)
        self._requests.append(request)
        answer = self.function(request) if self.function else self._look_up(request)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(answer))])

    def _look_up(self, request: str) -> str:
        return next((answer for pattern, answer in self.table if re.search(pattern, request)), self.default)

"""The state from which every clinical graph starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Self

from langgraph.channels.base import BaseChannel
from langgraph.errors import EmptyChannelError
from typing_extensions import TypedDict

from bedside.errors import GraphError
from bedside.flow.labels import Private
from bedside.records import CaseId

__all__ = ["CaseState", "OneCase", "is_case"]


def is_case(value: object) -> bool:
    """True if a value is the handle of a case: plain text, whose comparison nobody can override."""
    return type(value) is str and bool(value)


class OneCase(BaseChannel[CaseId, CaseId, CaseId]):
    """The channel of the case. It accepts one handle and then only the same again.

    One thread carries one case: another's leftovers would be released under this one's vault. A reducer could be
    passed by with `Overwrite`; every write comes through here.
    """

    __slots__ = ("value",)

    def __init__(self, typ: Any, key: str = "") -> None:
        super().__init__(typ, key)
        self.value: CaseId | None = None

    def __eq__(self, other: object) -> bool:
        """True if the other is one too: several schemas may name the case."""
        return isinstance(other, OneCase)

    __hash__ = object.__hash__

    @property
    def ValueType(self) -> Any:
        """The type of the value."""
        return self.typ

    @property
    def UpdateType(self) -> Any:
        """The type of an update."""
        return self.typ

    def copy(self) -> Self:
        """Return the same channel."""
        return self.from_checkpoint(self.value)

    def checkpoint(self) -> Any:
        """Return the handle."""
        return self.value

    def from_checkpoint(self, checkpoint: Any) -> Self:
        """Return the channel with the value of a checkpoint."""
        channel = self.__class__(self.typ, self.key)
        if is_case(checkpoint):
            channel.value = checkpoint
        return channel

    def update(self, values: Sequence[Any]) -> bool:
        """Accept the handle.

        Raises:
            GraphError: It is none, or another than before.
        """
        for value in values:
            if not is_case(value):
                raise GraphError(f"the channel 'case' was given a {type(value).__name__}, and no handle of a case")
            if self.value is not None and self.value != value:
                raise GraphError("this thread carries another case; give each case a thread of its own")
            self.value = value
        return bool(values)

    def get(self) -> CaseId:
        """Return the handle. Raises `EmptyChannelError` before there is one."""
        if self.value is None:
            raise EmptyChannelError()
        return self.value

    def is_available(self) -> bool:
        """True if there is a value."""
        return self.value is not None


class CaseState(TypedDict):
    """The base of every state: it brings the handle of the case, and the case store has the rest."""

    case: Annotated[Private[CaseId], OneCase]

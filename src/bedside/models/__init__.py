"""Chat models by one spec string, and the one way in which a remote node reaches one."""

from bedside.models.endpoints import Endpoint
from bedside.models.remote import RemoteModel
from bedside.models.scripted import ScriptedChatModel
from bedside.models.structured import structured

__all__ = ["Endpoint", "RemoteModel", "ScriptedChatModel", "structured"]

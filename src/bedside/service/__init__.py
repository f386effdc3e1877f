"""Bedside as a service: the graphs behind HTTP, a desk for reviews, CDS Hooks and MCP."""

from bedside.service.app import create_app
from bedside.service.options import ServiceOptions, default_store

__all__ = ["ServiceOptions", "create_app", "default_store"]

"""The lookup of codes for drugs and allergens in the sources that a user brings."""

from bedside.agents.coder.code_facts import with_codes

__all__ = ["with_codes"]

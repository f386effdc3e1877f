"""Who looks up the codes of drugs and allergens where a user has brought a source of them."""

from bedside.agents.coder.code_facts import with_codes

__all__ = ["with_codes"]

"""The reconciler: the facts of a patient's notes as one record, with every conflict shown."""

from bedside.agents.reconciler.reconcile import reconcile

__all__ = ["reconcile"]

"""The review desk: pages on which a clinician sees a case and decides."""

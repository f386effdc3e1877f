"""CDS Hooks 2.0: an electronic record asks while a clinician works, and gets cards from its own resources."""

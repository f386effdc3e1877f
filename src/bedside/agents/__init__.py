"""The agents: one folder for each, and in it the steps of a workflow that it does."""

"""Who does a step of a workflow: one folder for each agent."""

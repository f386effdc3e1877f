"""What an agent picks up to do its step: one folder for each tool."""

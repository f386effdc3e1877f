"""The backends: how each kind of model is loaded and asked. What they share is in `bedside.models.chat`."""

"""The backends: how each kind of model is loaded and called. Their common parts are in `bedside.models.chat`."""

"""The meaning of the words around a mention: whether it is there, whose it is, and when.

The one place that says absent, possible, past, planned or a relative's. Names are the field's: a *target* is
what is spoken of, a *modifier* what changes how it is spoken of, its *direction* the side it stands on.
"""

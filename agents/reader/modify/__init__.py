"""What the words around a mention say of it: whether it is there, whose it is, and when.

The one place that says absent, possible, past, planned or a relative's. The names are the field's: a *target* is
what is spoken of, a *modifier* what changes how it is spoken of, its *direction* the side of the target where it is.
"""

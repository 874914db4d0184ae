"""``errata eval``: a model on named sets, without a run around it.

``request`` says what is evaluated, ``running`` does it and goes on where it stopped, ``figures`` makes
figures of the records.
"""

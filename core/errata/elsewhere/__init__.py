"""Training elsewhere: a round's data and a ready configuration go out, a checkpoint comes back.

``rounds`` finds the round and where it starts from, ``handover`` and ``configs`` write a folder for
TRL's command line or LLaMA-Factory, ``fitting`` looks whether a checkpoint belongs to the base, and
``adopt`` puts it in place.
"""

"""``errata ablate``: several arms of a recipe at several seeds, compared at equal cost."""

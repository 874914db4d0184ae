"""The durable call layer: ledger, keys, pacing, retries, budget, typed replies."""

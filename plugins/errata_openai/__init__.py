"""A lean client for any OpenAI-style endpoint."""

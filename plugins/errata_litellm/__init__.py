"""Any provider that LiteLLM speaks to."""

"""Supervised fine-tuning of errata's target with TRL."""

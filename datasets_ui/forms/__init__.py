"""Validation of what people type, and nothing else."""

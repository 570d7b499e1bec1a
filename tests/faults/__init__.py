"""Faults: what breaks around us, and what is left afterwards."""

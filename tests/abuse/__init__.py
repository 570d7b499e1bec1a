"""Attacks: each numbered row of the security plan, as a test with its figure."""

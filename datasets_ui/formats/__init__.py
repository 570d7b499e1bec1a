"""Formats of ours for what Django localises."""

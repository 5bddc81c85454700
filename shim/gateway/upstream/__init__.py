"""Upstream's side: one origin, calls signed and sent to it, and what its faults are called."""

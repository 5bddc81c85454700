"""The way out: what finds the callers, and what writes documents."""

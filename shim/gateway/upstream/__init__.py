"""Upstream's side of HTTP/1.1: one call sent once, signed if need be, and what its failures are called."""

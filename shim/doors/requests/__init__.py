"""The door of requests: what it alone knows of a call's way."""

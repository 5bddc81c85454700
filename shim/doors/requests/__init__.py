"""The door of requests: an adapter around the session's own."""

"""The door of requests: an adapter around the session's own, which makes neutral messages of requests, and back."""

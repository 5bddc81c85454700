"""The door of aiohttp: retired calls of a session to neutral messages, and back."""

"""The door of aiohttp: what it alone knows of a call's way."""

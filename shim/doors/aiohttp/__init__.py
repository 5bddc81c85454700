"""The door of aiohttp: a session whose retired calls become neutral messages, and whose answers become responses."""

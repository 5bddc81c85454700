"""The door of urllib3: pools whose retired calls become neutral messages, and whose answers become responses."""

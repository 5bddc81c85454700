"""The door of urllib3: what it alone knows of a call's way."""

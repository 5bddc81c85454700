"""The door of urllib3: retired calls of pools to neutral messages, and back."""

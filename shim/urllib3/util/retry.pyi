from urllib3.util.retry import *  # noqa: F403 - the very module, see ../__init__.py

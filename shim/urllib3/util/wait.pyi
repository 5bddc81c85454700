from urllib3.util.wait import *  # noqa: F403 - the very module, see ../__init__.py

from urllib3.util.ssl_ import *  # noqa: F403 - the very module, see ../__init__.py

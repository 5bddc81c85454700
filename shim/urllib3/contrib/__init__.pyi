from urllib3.contrib import *  # noqa: F403 - the very module, see ../__init__.py

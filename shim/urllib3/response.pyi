from urllib3.response import *  # noqa: F403 - the very module, see __init__.py

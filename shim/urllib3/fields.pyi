from urllib3.fields import *  # noqa: F403 - the very module, see __init__.py

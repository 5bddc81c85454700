"""What all tests share."""

from hypothesis import settings

# A slow machine is no defect: examples are bounded in number, never in time.
settings.register_profile("shim", deadline=None)
settings.load_profile("shim")

"""The doors of httpx and httpx2: the library is an argument, and is never imported."""

"""The doors of httpx and httpx2, which load neither: they are given one as a module, and typed by httpx."""

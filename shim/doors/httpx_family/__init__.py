"""The doors of httpx and httpx2, one code for both: the library is an argument (types are httpx's), never imported."""

"""The route from a feature flag: a thread asks the provider, and calls use its last good value.

``words`` stores a value for each project and refreshes it. ``providers`` asks
OpenFeature (an extra, loaded when a flag is first needed), or reads a file.
"""

"""Set the route with a feature flag.

A thread asks the provider, and calls use the last good value. ``words`` stores a value
for each project and refreshes it. ``providers`` asks OpenFeature (an extra, loaded when
a flag is first needed), or reads a file.
"""

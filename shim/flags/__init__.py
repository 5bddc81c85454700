"""The route by a feature flag: a provider is asked beside the calls, and its last good words are kept.

``words`` keeps a word for each project and asks again; ``providers`` asks OpenFeature
(an extra, loaded when a flag is first asked for), or reads a file.
"""

"""The route by a feature flag: OpenFeature is asked beside the calls, and its last good words are kept.

``words`` keeps a word for each project and asks again; ``providers`` asks OpenFeature; ``file`` is a provider that
reads a file, for whoever runs no flag service. OpenFeature is an extra, loaded when a flag is first asked for.
"""

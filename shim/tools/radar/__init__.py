"""What replies announce of themselves: ``Sunset`` and ``Deprecation``, remembered by operation.

``announcement`` reads the field lines, ``shape`` makes of a path what it has in common with others, ``radar``
remembers, bounded, and says it once in the log.
"""

from shim.tools.radar.announcement import ANNOUNCING, Announcement, read
from shim.tools.radar.radar import Radar, Sighting

__all__ = ["ANNOUNCING", "Announcement", "Radar", "Sighting", "read"]

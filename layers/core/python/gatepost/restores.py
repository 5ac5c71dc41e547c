"""After a restore, what was issued before it is over.

A table that was brought back to an earlier time has again what was used, ended or deleted since, and nothing in it tells which
that is. So whatever is good for something because it was issued (a session, an API key, a code, a link) is good for nothing
if that was before the time of the restore, `GATEPOST_SESSIONS_NOT_BEFORE` (docs/backup.md).
"""

from gatepost.service import Service


def is_from_before(service: Service, issued_at: int) -> bool:
    """Return whether what was issued at `issued_at`, in seconds since the epoch, is from before the last restore."""
    return issued_at < service.settings.sessions_not_before

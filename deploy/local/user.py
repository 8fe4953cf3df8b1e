"""The user that PostgreSQL runs as when we are root, which PostgreSQL refuses to run as."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.local.process import StartError

READ_SEARCH = 2
"""The number of CAP_DAC_READ_SEARCH in Linux: pass through and read any folder."""


@dataclass(frozen=True, slots=True)
class ServerUser:
    """A user that is not root."""

    uid: int
    gid: int

    @classmethod
    def for_folder(cls, folder: Path) -> Self | None:
        """Who must run the server whose files are in `folder`; None if that is whoever we are."""
        owner = folder.stat() if folder.exists() else None
        me = os.geteuid()
        if me != 0:
            if owner is not None and owner.st_uid != me:
                raise StartError(f"{folder} belongs to another user. Choose another folder with DATA=")
            return None
        if owner is not None and owner.st_uid != 0:
            return cls(owner.st_uid, owner.st_gid)
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    def take(self, folder: Path) -> None:
        """Make the folder this user's."""
        try:
            os.chown(folder, self.uid, self.gid)
        except PermissionError as exc:
            raise StartError(
                "PostgreSQL must not run as root, and root may not change users here: run this as an ordinary user"
            ) from exc

    @property
    def setpriv(self) -> list[str]:
        """Arguments for setpriv that turn root into this user.

        The checkout, the venv, Python and the data may all lie under a folder that only root may enter, such as
        /root. So this user keeps one capability of root's: to pass through folders. (The alternatives: opening
        folders of somebody's for all by chmod, or copying programs and data elsewhere; the first is not ours to do,
        the second fails where /tmp allows no programs, and moves data away from where it was asked to be.)
        PostgreSQL checks its own program by access(2), for which the kernel drops the capabilities of users other
        than root unless "no_setuid_fixup" is set.
        """
        # containers often withhold the narrow capability but not the broad one, which includes it
        capability = "dac_read_search" if _held_capabilities() >> READ_SEARCH & 1 else "dac_override"
        caps = f"-all,+{capability}"
        who = [f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"]
        return [*who, f"--inh-caps={caps}", f"--ambient-caps={caps}", "--securebits=+no_setuid_fixup"]


def _held_capabilities() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), 16)

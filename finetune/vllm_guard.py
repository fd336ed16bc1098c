"""Ends a server with the process that started it, also where that was killed and could end nothing itself.

A small process waits at a pipe whose other end only the starting process holds. The kernel closes that end when the
process is gone, and the guard then kills the server's whole process group. Linux could signal the server by itself
(prctl, PR_SET_PDEATHSIG), but it does so when the *thread* that started it ends, and not to the server's workers.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import dataclass

_WAITS = 'read -r word || kill -s KILL -- "-$0"'
"""The guard: a line says that the server has ended; an end without one, that whoever started it has."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The process that waits."""

    process: subprocess.Popen[bytes]

    def dismiss(self) -> None:
        """Tell it that the server has ended, and that nothing is left to be killed. Twice is once."""
        pipe = self.process.stdin
        if pipe is not None and not pipe.closed:
            with suppress(OSError):  # it was killed itself
                pipe.write(b"ended\n")
                pipe.flush()
            with suppress(OSError):
                pipe.close()
        self.process.wait()


def guarded(group: int) -> Guard:
    """Kill this process group once the process that calls this is gone, unless the guard is dismissed before.

    It stands in a session of its own, so that what interrupts or hangs up the terminal does not reach it.
    """
    command = ("/bin/sh", "-c", _WAITS, str(group))
    nowhere = subprocess.DEVNULL
    return Guard(
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere, close_fds=True, start_new_session=True
        )
    )

"""One child process: its output goes to a log file, and it ends when this process ends, however that ends."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

TAIL_LINES = 15
"""How much of a log an error message shows."""


class StartError(Exception):
    """A part of the stack cannot start; the message says which, why, and what to do about it."""


class Process:
    """A child process that can be started, watched and stopped, any number of times.

    Start it from a thread that lives as long as the child should: Linux ties the child's life to the thread
    that made it, and so even a `kill -9` of this process leaves nothing behind.
    """

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._popen: subprocess.Popen[bytes] | None = None

    def start(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        demote: Sequence[str] = (),
        keep_fd: int | None = None,
        text: str | None = None,
        end_with: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Start the command; `text` is fed to it, `demote` are arguments for setpriv that change its user."""
        if setpriv := shutil.which("setpriv"):
            command = [setpriv, "--pdeathsig", end_with.name.removeprefix("SIG"), *demote, *command]
        elif demote:
            raise StartError(
                f"{self.name} must not run as root, and 'setpriv' (util-linux) is missing to change the user"
            )
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                command,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=() if keep_fd is None else (keep_fd,),
                start_new_session=True,  # the terminal's Ctrl-C is for the supervisor, which stops parts in order
            )
        if text is not None and self._popen.stdin is not None:
            try:
                with self._popen.stdin as pipe:
                    pipe.write(text.encode())
            except BrokenPipeError:
                pass  # it ended at once; its log says why, and whoever waits for it will see

    def run(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        demote: Sequence[str] = (),
        text: str | None = None,
    ) -> None:
        """Run the command to its end, and raise when it fails."""
        try:
            self.start(command, env=env, cwd=cwd, demote=demote, text=text)
            if self.popen.wait() != 0:
                raise self.failure("failed")
        finally:
            self.stop(signal.SIGTERM, grace=5)

    @property
    def popen(self) -> subprocess.Popen[bytes]:
        """The handle of the child, which must have been started."""
        if self._popen is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._popen

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._popen is not None and self._popen.poll() is None

    def send(self, sig: signal.Signals) -> None:
        """Send a signal, unless it has ended already."""
        if self.running:
            self.popen.send_signal(sig)

    def stop(self, sig: signal.Signals, *, grace: float) -> None:
        """Ask it to end by `sig`, and kill it with all it started when it has not within `grace` seconds."""
        if not self.running:
            return
        self.send(sig)
        try:
            self.popen.wait(grace)
        except subprocess.TimeoutExpired:
            os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()

    def failure(self, what: str) -> StartError:
        """An error that names this part and shows the end of its log."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        except OSError:
            lines = []
        return StartError(
            "\n".join([f"{self.name} {what}. The end of {self.log}:", *(f"    {line}" for line in lines)])
        )

# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An SSH server at loopback addresses, which the simulator gives its instances."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serve_ssh(folder: Path, addresses: list[str], port: int, *more: str) -> Iterator[None]:
    """Run an SSH server at these addresses; `more` are lines of its configuration.

    It accepts the user who runs the tests, with the key `folder`/key.
    """
    for name in ("key", "host_key"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    if os.getuid() == 0:  # Debian's service creates it, too
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    listens = [f"ListenAddress {f'[{address}]' if ':' in address else address}:{port}" for address in addresses]
    config = [*listens, f"HostKey {folder}/host_key", f"AuthorizedKeysFile {folder}/key.pub", "PidFile none", "UsePAM no",
              "StrictModes no", "PasswordAuthentication no", "PermitRootLogin prohibit-password", "PrintMotd no", *more]  # fmt: skip
    (folder / "sshd_config").write_text("\n".join(config) + "\n")
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program
    server = subprocess.Popen([program, "-D", "-e", "-f", folder / "sshd_config"], stderr=subprocess.PIPE, text=True)
    with server:
        assert server.stderr
        lines: list[str] = []
        while sum("Server listening on" in line for line in lines) < len(addresses):
            lines.append(server.stderr.readline())
            assert lines[-1], f"sshd ended: {lines}"
        try:
            yield
        finally:
            server.terminate()

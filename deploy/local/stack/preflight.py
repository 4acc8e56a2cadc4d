"""What must be on the machine beforehand, checked before anything else."""

import importlib.util
import platform
import socket
import sys
from collections.abc import Mapping

from stack.errors import StackError

_ARCHITECTURES = ("x86_64", "aarch64")


def check() -> None:
    """Checks this Python and this machine.

    Raises:
        StackError: something is missing; the message names the command that installs it.
    """
    if sys.version_info[:2] != (3, 11):
        raise StackError(
            f"this is Python {platform.python_version()}, and Tickler needs 3.11. "
            "Install it (apt install python3.11 python3.11-venv, or pyenv install 3.11), "
            "and name it if it is not in PATH as python3.11: make run PYTHON=/path/to/python3.11"
        )
    if importlib.util.find_spec("ensurepip") is None:
        raise StackError("this Python cannot make virtual environments: apt install python3.11-venv")
    if platform.system() != "Linux" or platform.machine() not in _ARCHITECTURES:
        raise StackError(
            f"the local stack runs on Linux on {' or '.join(_ARCHITECTURES)}, not on {platform.system()} "
            f"{platform.machine()}. With Docker, use deploy/compose.yaml instead."
        )


def check_ports(ports: Mapping[str, int]) -> None:
    """Checks that nobody listens where the stack is to.

    Raises:
        StackError: someone does; the message names the ports.
    """
    taken = [f"{number} ({name})" for name, number in ports.items() if not _is_free(number)]
    if taken:
        raise StackError(
            f"in use by another program: port {', '.join(taken)}. Stop that program, or move the stack, for example "
            "with PORT_BASE=18000 behind make"
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closed connection may linger
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

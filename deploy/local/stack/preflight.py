"""What must be on the machine beforehand, checked before anything else."""

import importlib.util
import platform
import sys

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

"""Passwords hashed with argon2id."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

# What OWASP advises as a minimum for argon2id; 19 MiB and some 20 ms each.
_MEMORY_KIB = 19 * 1024
_PASSES = 2
_AT_ONCE = 2
"""Bounds the memory and the cores that logging in can take from everything else."""


class Argon2Hasher:
    """`chat_api.service_layer.passwords.PasswordHasher`, in threads of its own."""

    def __init__(self, *, memory_kib: int = _MEMORY_KIB, passes: int = _PASSES):
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")
        self._of_nobody = self._hasher.hash("the password of an account that does not exist")

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, password, password_hash)

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: str, password_hash: str | None) -> bool:
        try:
            self._hasher.verify(password_hash or self._of_nobody, password)
        except (VerificationError, UnicodeEncodeError):
            return False
        return password_hash is not None

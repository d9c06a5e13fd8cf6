"""Something that is done beside other things, and not waited for without end."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Task(Generic[_T]):
    """*call* in a thread of its own, which does not keep the process from ending.

    A resolver that hangs cannot be ended: it is left behind.
    """

    def __init__(self, call: Callable[[], _T]) -> None:
        self._call = call
        self._result: list[_T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self, seconds: float) -> _T:
        """Return what it returned, or raise what it raised; TimeoutError after *seconds*."""
        self._thread.join(seconds)
        if self._error is not None:
            raise self._error
        if not self._result:
            raise TimeoutError
        return self._result[0]

    def _run(self) -> None:
        try:
            self._result.append(self._call())
        except BaseException as error:  # noqa: BLE001  (it is raised where it is waited for)
            self._error = error

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from service.access_log import SoonAfter, init_app, note_change


def test_lines_that_are_written_soon_are_all_written(capsys: pytest.CaptureFixture[str]) -> None:
    log = SoonAfter()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(log, (f"{number}\n" for number in range(2000))))
    log.flush()
    assert sorted(map(int, capsys.readouterr().err.split())) == list(range(2000))


def test_the_last_lines_are_written_at_exit() -> None:
    code = "from service.access_log import SoonAfter; SoonAfter()('the last line\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "the last line\n"


def _never_by_itself() -> SoonAfter:
    log = SoonAfter()
    log.PAUSE = 3600.0
    return log


def test_what_makes_a_line_is_called_when_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    log, called = _never_by_itself(), list[str]()
    log("first\n")

    def second() -> str:
        called.append("second")
        return "second\n"

    log(second)
    log("third\n")
    assert called == []
    log.flush()
    assert capsys.readouterr().err == "first\nsecond\nthird\n"


def test_a_change_of_something_odd_is_told_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where the line is made nobody is left who could be told of an error."""
    log, app = _never_by_itself(), Flask("test")
    init_app(app, log)

    @app.get("/")
    def view() -> str:
        note_change("update", client=object)
        return ""

    assert app.test_client().get("/").status_code == 200
    log.flush()
    assert json.loads(capsys.readouterr().err)["change"]["client"] == str(object)

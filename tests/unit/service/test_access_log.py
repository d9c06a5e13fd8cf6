import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.access_log import SoonAfter


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

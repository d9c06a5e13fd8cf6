"""Parameters in SAM's syntax: read as SAM reads them, written so that SAM reads the same."""

from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aws import overrides
from aws.errors import AwsRefused
from stack.tools import FOLDER
from tests.conftest import missing

READ = [
    ("A=b", {"A": "b"}),
    ("A=b C=d", {"A": "b", "C": "d"}),
    ("""A="b c" C='d e'""", {"A": "b c", "C": "d e"}),
    (r"A=b\ c", {"A": "b c"}),
    (r'A="say \"b\""', {"A": 'say "b"'}),
    (r"""AllowSubjects="CN=a\, b,O=c" D=e""", {"AllowSubjects": r"CN=a\, b,O=c", "D": "e"}),
    ("ParameterKey=A,ParameterValue=b ParameterKey=C,ParameterValue='d e'", {"A": "b", "C": "d e"}),
    ('A=""', {"A": ""}),
    ("", {}),
    (["A=b C=d", "A=e"], {"A": "e", "C": "d"}),
    ({"A": "b c", "N": 5, "L": ["x", "y"]}, {"A": "b c", "N": "5", "L": "x,y"}),
    ("A=b=c", {"A": "b=c"}),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_what_sam_understands_is_read(text: object, expected: dict[str, str]) -> None:
    assert overrides.read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A=two words",  # sam reads "two" and says nothing
        "A = b",
        "A",
        "A=b C",
        'A="b',
        "file://parameters.yaml",
        5,
        [5],
        {"A": {"b": "c"}},
    ],
)
def test_what_sam_would_drop_in_silence_is_refused(text: object) -> None:
    with pytest.raises(AwsRefused) as refused:
        overrides.read(text)
    assert "parameter_overrides" in refused.value.message
    assert refused.value.hint


def test_a_quote_that_is_never_closed_takes_no_time() -> None:
    """The same pattern as SAM's would try every way to split the text."""
    with pytest.raises(AwsRefused):
        overrides.read('A="' + "b" * 5000)


BEYOND = "\\ \\"
TEXTS = st.text(st.sampled_from("ab ='\"\\,;/*:\n=é"), max_size=12)


@given(TEXTS)
@example(r"CN=a\, b,O=c")
@example('say "b"')
@example("both \" and '")
@example("")
@example("ParameterKey=A,ParameterValue=b")
def test_what_is_written_is_read_again(value: str) -> None:
    try:
        written = overrides.write("Name", value)
    except AwsRefused:
        assert "\\" in value or "Parameter" in value
    else:
        assert overrides.read(written) == {"Name": value}


@pytest.mark.parametrize("value", ["a b", r"CN=a\, b", "it's", 'a "b"', "", "x=y", "both \" '"])
def test_the_values_that_people_have_can_be_written(value: str) -> None:
    assert overrides.read(overrides.write("Name", value)) == {"Name": value}


def test_a_value_beyond_sams_syntax_is_refused() -> None:
    with pytest.raises(AwsRefused) as refused:
        overrides.write("AllowSubjects", BEYOND)
    assert refused.value.message.endswith("which the syntax of sam cannot express")


def test_sam_itself_reads_the_same() -> None:
    python = FOLDER / "sam/bin/python"
    if not python.exists():
        missing("sam is not installed (make test installs it)")
    values = ["a b", r"CN=a\, b,O=c", "it's", 'a "b"', "", "x=y", "a/*;b", "both \" '", "a\\"]
    texts = [text for text, _ in READ if text]
    written = [overrides.write("Name", value) for value in values]
    code = (
        "import json, sys; from samcli.cli.types import CfnParameterOverridesType as T;"
        "print(json.dumps([T().convert(one, None, None) for one in json.load(sys.stdin)]))"
    )
    done = subprocess.run(
        [python, "-c", code],
        input=json.dumps([*texts, *written]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [
        *(overrides.read(text) for text in texts),
        *({"Name": value} for value in values),
    ]

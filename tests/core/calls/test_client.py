"""What clients share: waiting times, counts, and what a status means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from errata.calls.client import answered, ending_of, retry_after, usage_of
from errata.calls.wire import Rejected, Reply, Throttled, Unanswered, Usage
from errata.errors import InstructorError


def answer(status: int, said: str = "", **headers: str) -> Reply:
    return answered(status, headers, said, who="x/v1", look_at="the key")


def test_retry_after_in_all_its_forms() -> None:
    assert retry_after({}) is None
    assert retry_after({"Retry-After": "2.5"}) == 2.5
    assert retry_after({"retry-after-ms": "250", "Retry-After": "9"}) == 0.25
    assert retry_after({"Retry-After": "-3"}) == 0
    assert retry_after({"Retry-After": "nan"}) is None
    assert retry_after({"Retry-After": "soon"}) is None
    assert retry_after({"Retry-After": "1e9"}) == 3600
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 25 < (retry_after({"Retry-After": later}) or 0) <= 30


@pytest.mark.parametrize("count", [None, "12", 1.5])
def test_what_is_no_count(count: object) -> None:
    assert usage_of(3, count) is None
    assert usage_of(count, 3) is None
    assert usage_of(3, 4) == Usage(3, 4)


def test_endings() -> None:
    assert ending_of("stop", None) == ending_of(None, "") == ending_of("eos", None) == "stop"
    assert ending_of("length", None) == "length"
    assert ending_of("stop", "I will not") == ending_of("content_filter", None) == "refused"


@pytest.mark.parametrize(
    ("status", "said", "error"),
    [
        (429, "slow down", Throttled),
        (429, '{"code": "insufficient_quota"}', InstructorError),
        (429, "You exceeded your current quota, please check your plan", Throttled),
        (400, "Your credit balance is too low", InstructorError),
        (400, '{"code": "unsupported_parameter"}', InstructorError),
        (400, "maximum context length is 8192 tokens", Rejected),
        (401, "", InstructorError),
        (402, "", InstructorError),
        (404, "no such model", InstructorError),
        (413, "", Rejected),
        (422, "", Rejected),
        (500, "", Unanswered),
    ],
)
def test_what_a_status_means(status: int, said: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        answer(status, said)
    if error is InstructorError:
        assert f"x/v1 answered {status}" in str(caught.value)
        assert "look at the key; everything received is kept" in str(caught.value)


@pytest.mark.parametrize(("status", "paid"), [(500, True), (408, True), (503, False), (529, False)])
def test_what_is_tried_again(status: int, paid: bool) -> None:
    with pytest.raises(Unanswered) as caught:
        answer(status, **{"Retry-After": "4"})
    assert caught.value.paid is paid
    assert caught.value.retry_after == 4


def test_a_refusal_is_a_reply() -> None:
    found = answer(400, '{"error": {"code":  "content_filter"}}')
    assert found == Reply('{"error": {"code": "content_filter"}}', "refused", Usage(0, 0))

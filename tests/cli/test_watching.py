"""When a watched job is looked at, what ends a watch, and what each answer means; time is made here."""

import httpx
import pytest

from shim.atlas import ServerlessBackupRestoreJob
from shim.cli.watching import TOLERATED, JobState, state_of, watch
from shim.errors import AtlasError, NotFoundError, RateLimitedError


class Stage:
    """A clock that only sleeping moves, and a job whose answers are given beforehand; the last one stays."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.now = 0.0
        self.asked = []

    def fetch(self):
        """Return or raise the next answer."""
        self.asked.append(self.now)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return ServerlessBackupRestoreJob.from_json(answer)

    def sleep(self, seconds):
        """Move the clock."""
        self.now += seconds

    def watch(self, **options):
        """Watch on this stage."""
        return watch(self.fetch, clock=lambda: self.now, sleep=self.sleep, **options)


RUNNING = {"id": "1", "failed": False, "cancelled": False, "expired": False, "deliveryUrl": []}
FINISHED = {**RUNNING, "finishedAt": "2026-01-21T00:00:00Z"}
GLITCH = httpx.ReadTimeout("")


@pytest.mark.parametrize(
    ("job", "state"),
    [
        ({}, JobState.RUNNING),
        (RUNNING, JobState.RUNNING),
        (FINISHED, JobState.FINISHED),
        ({**FINISHED, "failed": True}, JobState.FAILED),
        ({**RUNNING, "cancelled": True}, JobState.CANCELLED),
        ({**FINISHED, "expired": True}, JobState.EXPIRED),
        ({**RUNNING, "deliveryUrl": ["https://a.example/b"]}, JobState.FINISHED),
        ({**RUNNING, "failed": "yes"}, JobState.RUNNING),
        ({**RUNNING, "finishedAt": None}, JobState.RUNNING),
    ],
)
def test_what_a_jobs_json_means(job, state):
    """Only what the legacy shape says counts, and a failure outweighs a finishing time."""
    assert state_of(job) is state


def test_a_watch_ends_with_the_job():
    """It asks once an interval, and not after the end."""
    stage = Stage(RUNNING, RUNNING, FINISHED)
    looks = list(stage.watch(interval=7))
    assert [look.state for look in looks] == [JobState.RUNNING, JobState.RUNNING, JobState.FINISHED]
    assert stage.asked == [0, 7, 14]
    assert looks[-1].job.id == "1"


def test_a_job_that_has_ended_is_asked_once():
    """There is nothing to wait for."""
    stage = Stage(FINISHED)
    assert len(list(stage.watch())) == 1
    assert stage.now == 0


def test_a_watch_ends_with_its_timeout_and_a_last_look():
    """The last interval is cut short, so that an end within the time is seen."""
    stage = Stage(RUNNING)
    looks = list(stage.watch(interval=10, timeout=25))
    assert looks[-1].state is JobState.TIMEOUT
    assert stage.asked == [0, 10, 20, 25]


def test_retry_after_is_waited_for():
    """A 429 is no fault: the next look is when Atlas wants it, however often that happens."""
    limited = RateLimitedError(429, retry_after=60.0)
    stage = Stage(*[limited] * (TOLERATED + 3), FINISHED)
    assert list(stage.watch(interval=5))[-1].state is JobState.FINISHED
    assert stage.asked == [60 * count for count in range(TOLERATED + 4)]


def test_a_rate_limit_without_retry_after_waits_an_interval():
    """Atlas does not always say how long."""
    stage = Stage(RateLimitedError(429), FINISHED)
    list(stage.watch(interval=5))
    assert stage.asked == [0, 5]


def test_no_wait_is_longer_than_a_day():
    """What Atlas says must not be more than a machine can sleep."""
    stage = Stage(RateLimitedError(429, retry_after=1e300), FINISHED)
    list(stage.watch(interval=5))
    assert stage.asked == [0, 86400]


def test_retry_after_beyond_the_timeout_ends_the_watch():
    """Asking earlier than Atlas wants is no way out."""
    stage = Stage(RUNNING, RateLimitedError(429, retry_after=60.0))
    looks = list(stage.watch(interval=5, timeout=30))
    assert looks[-1].state is JobState.TIMEOUT
    assert looks[-1].job.id == "1"
    assert stage.asked == [0, 5]


@pytest.mark.parametrize("fault", [GLITCH, httpx.ConnectError("no"), AtlasError(502), AtlasError(503, retry_after=1.0)])
def test_a_few_faults_in_a_row_are_tolerated(fault):
    """What may be over the next time does not end a watch; one good answer forgives all."""
    stage = Stage(*[fault] * TOLERATED, RUNNING, *[fault] * TOLERATED, FINISHED)
    looks = list(stage.watch(interval=5))
    assert looks[-1].state is JobState.FINISHED
    assert looks[0].trouble
    assert looks[0].job is None


@pytest.mark.parametrize("fault", [GLITCH, AtlasError(500)])
def test_more_faults_end_the_watch(fault):
    """The fault itself comes out."""
    stage = Stage(fault)
    with pytest.raises(type(fault)):
        list(stage.watch(interval=5))
    assert len(stage.asked) == TOLERATED + 1


def test_an_answer_that_will_not_change_ends_the_watch_at_once():
    """A job that does not exist will not come into being by asking."""
    stage = Stage(NotFoundError(404))
    with pytest.raises(NotFoundError):
        list(stage.watch())
    assert stage.asked == [0]

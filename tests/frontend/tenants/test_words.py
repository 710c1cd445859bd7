"""Tables of words keep up with what the code names, and both languages have them."""

from frontend.home_rooms import FIRST_STEPS
from frontend.language import _chinese
from frontend.tenants.telling import DANGER, OK, ROOM_NAMES, SIGNS, WATCH
from frontend.tenants.words import ACTS, CAPABILITIES, JOBS
from tenants.events import KINDS
from tenants.permissions import FOUR_EYES, PERMISSIONS, Job
from tests.factories import World


def test_every_act_job_and_capability_has_its_words() -> None:
    assert set(ACTS) == set(FOUR_EYES)
    assert set(JOBS) == {job.value for job in Job}
    named = [capability for words in CAPABILITIES.values() for capability in words]
    assert sorted(named) == sorted(PERMISSIONS)


def test_the_words_are_there_in_chinese() -> None:
    said = {name for name, _ in ACTS.values()} | set(JOBS.values()) | set(ROOM_NAMES.values()) | set(CAPABILITIES)
    said |= {word for words in CAPABILITIES.values() for word in words.values()}
    said |= {word for _, _, step in FIRST_STEPS for word in (step.label, step.note)}
    assert said <= set(_chinese())


def test_signs_and_tones_name_facts_that_there_are(world: World) -> None:
    assert (set(SIGNS) | DANGER | WATCH | OK) <= set(KINDS)
    assert len(DANGER | WATCH | OK) == len(DANGER) + len(WATCH) + len(OK)

"""The access rules that we ship for other brokers, asked by the brokers' own ways of matching: Mosquitto's and EMQX's files say the same about everybody.

A real Mosquitto runs under its file in `test_mosquitto.py`. EMQX's semantics are those of its `emqx_authz_rule` (5.8): rules from the top, the first that matches
decides; placeholders filled with the client's own name before words are compared; a subscription's wildcards are words like any other.
"""

import re
from dataclasses import dataclass
from uuid import UUID

import pytest

from integrations.devices.connection import BATCH_TOPIC, RECEIPT_TOPIC
from tests.integrations.devices.mqtt_world import ROOT

FOLDER = ROOT / "integrations/devices"
FIRM, MINE, OTHER = (str(UUID(int=number)) for number in (1, 2, 3))
RULE = re.compile(
    r'\{(allow|deny), (?:all|\{username, (?:"([^"]+)"|\{re, "([^"]+)"\})\}), (publish|subscribe|all), \[("[^"]+"(?:, "[^"]+")*)\]\}\.'
)


@dataclass(frozen=True)
class Rule:
    """A line of the file: for whom (None: everybody), what it is about and what it says."""

    says: str
    name: str | None
    pattern: str | None
    act: str
    topics: tuple[str, ...]

    def decides(self, user: str, act: str, topic: str) -> bool:
        of_him = (self.name in (None, user)) and (self.pattern is None or re.search(self.pattern, user) is not None)
        return (
            of_him
            and self.act in ("all", act)
            and any(matches(topic, one.replace("${username}", user)) for one in self.topics)
        )


def emqx() -> list[Rule]:
    lines = (FOLDER / "emqx_acl.conf").read_text().splitlines()
    told = [line for line in lines if line and not line.startswith("%%")]
    assert told.pop() == "{deny, all}.", "what no rule names is refused"
    read = [RULE.fullmatch(line) for line in told]
    assert all(read), "every line is a rule of EMQX's grammar"
    return [Rule(one[1], one[2], one[3], one[4], tuple(re.findall(r'"([^"]+)"', one[5]))) for one in read if one]


def matches(topic: str, wanted: str) -> bool:
    """As EMQX compares: word by word, `+` for any one, `#` for all that follow; what is asked for is taken by its letters."""
    words, filters = topic.split("/"), wanted.split("/")
    for place, one in enumerate(filters):
        if one == "#":
            return True
        if place >= len(words) or one not in ("+", words[place]):
            return False
    return len(words) == len(filters)


def by_emqx(user: str, act: str, topic: str) -> bool:
    said = next((rule.says for rule in emqx() if rule.decides(user, act, topic)), "deny")
    return said == "allow"


def by_mosquitto(user: str, act: str, topic: str) -> bool:
    """`pattern` holds for everybody, with his name in the place of %u; `topic` for the user above it."""
    wanted, about = {"publish": "write", "subscribe": "read"}[act], None
    for line in (FOLDER / "mosquitto.acl").read_text().splitlines():
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if words[0] == "user":
            about = words[1]
        elif (
            words[1] == wanted
            and (words[0] == "pattern" or about == user)
            and matches(topic, words[2].replace("%u", user))
        ):
            return True
    return False


def batch(device: str, firm: str = FIRM) -> str:
    return BATCH_TOPIC.format(tenant=firm, device=device)


def receipt(device: str, firm: str = FIRM) -> str:
    return RECEIPT_TOPIC.format(tenant=firm, device=device)


@pytest.mark.parametrize("broker", [by_emqx, by_mosquitto])
@pytest.mark.parametrize(
    ("user", "act", "topic", "may"),
    [
        (MINE, "publish", batch(MINE), True),
        (MINE, "subscribe", receipt(MINE), True),
        (MINE, "publish", batch(OTHER), False),
        (MINE, "publish", receipt(MINE), False),
        (MINE, "publish", receipt(OTHER), False),
        (MINE, "subscribe", receipt(OTHER), False),
        (MINE, "subscribe", receipt("+"), False),
        (MINE, "subscribe", batch(MINE), False),
        (MINE, "subscribe", batch("+"), False),
        (MINE, "subscribe", "#", False),
        (MINE, "subscribe", "t/#", False),
        (MINE, "subscribe", "$SYS/#", False),
        (MINE, "subscribe", f"{receipt(MINE)}/#", False),
        ("gateway", "subscribe", batch("+", "+"), True),
        ("gateway", "publish", receipt(MINE), True),
        ("gateway", "publish", batch(MINE), False),
        ("gateway", "subscribe", "#", False),
    ],
)
def test_a_device_speaks_for_itself_and_the_gateway_for_nobody(
    broker: object, user: str, act: str, topic: str, may: bool
) -> None:
    assert callable(broker)
    assert broker(user, act, topic) is may


@pytest.mark.parametrize("name", ["+", "#", f"{MINE}/b", f"x/{OTHER}"])
def test_a_name_that_is_a_pattern_opens_nothing_at_emqx(name: str) -> None:
    """EMQX puts the name into the rule before it compares: a client called + would otherwise speak for every device."""
    for topic in (batch(OTHER), receipt(OTHER), receipt("+"), batch(name), receipt(name)):
        assert not by_emqx(name, "publish", topic)
        assert not by_emqx(name, "subscribe", topic)

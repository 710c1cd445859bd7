"""Every word that people read is there in Simplified Chinese, with the same places to fill."""

import importlib
import json
import pkgutil
import re
from collections import Counter, defaultdict

import marketplace
from frontend.language import _chinese, catalogues
from marketplace.states import Machine, in_words
from tests.contract.words import ROOT, code_msgids, template_msgids

PLACE = re.compile(r"%\((\w+)\)[sd]")
# Proper names and signs, the same in both languages.
SAME = {"Bailee", "LEI", "API", "QR", "CSV", "PDF", ""}


def test_every_msgid_has_its_chinese() -> None:
    catalogue = _chinese()
    missing = {
        msgid: where
        for msgid, where in (template_msgids() | code_msgids()).items()
        if msgid not in catalogue and msgid not in SAME
    }
    assert not missing, "\n".join(
        f"{where}: {msgid}" for msgid, where in sorted(missing.items(), key=lambda item: item[1])
    )


def test_every_machine_and_state_of_the_trade_has_its_chinese() -> None:
    """Refusals name them: a step that the table does not list says where the thing stands."""
    modules = [importlib.import_module(one.name) for one in pkgutil.walk_packages(marketplace.__path__, "marketplace.")]
    machines = [found for module in modules for found in vars(module).values() if isinstance(found, Machine)]
    words = {machine.name for machine in machines}
    words |= {in_words(row.source) for machine in machines for row in machine.transitions if row.source}
    assert len(machines) >= 10
    assert not sorted(word for word in words if word not in _chinese())


def test_no_catalogue_has_a_word_twice() -> None:
    """The second would silently win."""
    twice: list[str] = []

    def read(pairs: list[tuple[str, str]]) -> dict[str, str]:
        twice.extend(msgid for msgid, times in Counter(msgid for msgid, _ in pairs).items() if times > 1)
        return dict(pairs)

    for catalogue in (ROOT / "frontend").rglob("messages.zh.json"):
        json.loads(catalogue.read_text(), object_pairs_hook=read)
    assert not twice


def test_no_two_rooms_say_the_same_in_other_words() -> None:
    """One msgid reads alike everywhere; what means two things in Chinese needs two msgids."""
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for where, words in catalogues():
        for msgid, chinese in words.items():
            said[msgid][chinese].append(where)
    assert not {msgid: dict(ways) for msgid, ways in said.items() if len(ways) > 1}


def test_a_translation_fills_the_same_places() -> None:
    wrong = {msgid: zh for msgid, zh in _chinese().items() if not set(PLACE.findall(zh)) <= set(PLACE.findall(msgid))}
    assert not wrong


def test_a_translation_is_chinese() -> None:
    latin = {
        msgid: zh
        for msgid, zh in _chinese().items()
        if not re.search(r"[\u4e00-\u9fff\uff00-\uffef]", zh) and msgid not in SAME and msgid != zh
    }
    assert not latin

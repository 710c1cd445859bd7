"""Every word that people read is there in Simplified Chinese, with the same places to fill."""

import re

from frontend.language import _chinese
from tests.contract.words import code_msgids, template_msgids

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

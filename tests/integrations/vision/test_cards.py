"""What is read out of pictures."""

import pytest

from integrations.vision.cards import OpenCvEyes
from marketplace.stocktakes.rules.challenges import CARDS, View, side_of
from tenants.errors import Invalid
from tests.integrations.vision.pictures import a_picture, a_wall, as_jpeg, of_a_screen


@pytest.fixture(scope="module")
def eyes() -> OpenCvEyes:
    return OpenCvEyes()


@pytest.mark.parametrize("view", list(View))
def test_cards_are_read_in_their_order_and_tell_the_side(eyes: OpenCvEyes, view: View) -> None:
    seen = eyes.look(a_picture((17, 4, 29), view))
    cards = sorted(seen.cards, key=lambda card: card.x)
    assert [card.number for card in cards] == [17, 4, 29]
    assert side_of(cards) is view
    assert (seen.width, seen.height) == (1600, 1200)


def test_every_card_is_read_and_none_for_another(eyes: OpenCvEyes) -> None:
    for first in range(1, CARDS + 1, 3):
        numbers = tuple(range(first, first + 3))
        assert {card.number for card in eyes.look(a_picture(numbers, seed=first)).cards} == set(numbers)


def test_nothing_is_read_into_a_wall(eyes: OpenCvEyes) -> None:
    for seed in range(4):
        assert eyes.look(as_jpeg(a_wall(seed))).cards == ()


@pytest.mark.parametrize("stripes", [False, True])
def test_a_picture_of_a_screen_is_doubted_and_the_thing_itself_is_not(eyes: OpenCvEyes, stripes: bool) -> None:
    for seed in range(8):
        thing = a_wall(seed, stripes=stripes)
        assert not eyes.look(as_jpeg(thing)).screen
        assert eyes.look(of_a_screen(thing, seed)).screen


@pytest.mark.parametrize("content", [b"", b"no picture", a_picture((1, 2, 3))[:200]])
def test_what_is_no_picture_is_refused(eyes: OpenCvEyes, content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        eyes.look(content)
    assert refused.value.field == "photo"

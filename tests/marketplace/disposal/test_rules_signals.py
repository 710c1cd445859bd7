"""Signals and their reasons: each trait by hand, a labelled data set by folds of whole auctions, and made-up houses whose truth is known."""

import csv
import os
import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.rules.signals import NOTABLE, Entry, History, Known, Trait, Traits, signals, traits_of, weigh
from tests.marketplace.disposal.bidding_houses import DAY, STEP, a_house

FOLDS = 5
DATA = Path(os.environ.get("BAILEE_DATA") or Path(__file__).parents[4] / "shared" / "data") / "shill-bidding"


def sale(name: str, *bids: tuple[str, int, float], seller: str = "S", winner: str | None = None) -> History:
    entries = tuple(Entry(bidder, amount, at) for bidder, amount, at in bids)
    return History(name, seller, 700_000, STEP, 0.0, DAY, entries, winner)


def up(start: int, *bidders: str, every: float = 10.0) -> list[tuple[str, int, float]]:
    """Bids by these in turn, a step each."""
    return [(bidder, start + n * STEP, n * every) for n, bidder in enumerate(bidders)]


def test_who_bids_above_its_own_bid_and_never_wins_is_to_be_looked_at_with_reasons() -> None:
    driven = [sale(str(n), *up(700_000, "A", "X", "X", "A", "X", "X", "A"), winner="A") for n in range(3)]
    [signal] = signals(driven[0], driven)
    assert (signal.bidders, signal.is_ring) == (("X",), False)
    assert {reason.trait: reason.figure for reason in signal.reasons} == {
        Trait.OUTBIDS_ITSELF: 1.0,
        Trait.SELDOM_WINS: 1.0,
        Trait.BIDS_MUCH: pytest.approx(4 / 7),
        Trait.SILENT_AT_THE_END: 1.0,
    }


def test_who_wins_its_share_is_not() -> None:
    """It outbids itself, and pays for it: that is haste, not a shill."""
    hasty = [sale(str(n), *up(700_000, "A", "X", "X", "A", "X", "X"), winner="X") for n in range(3)]
    assert signals(hasty[0], hasty) == ()


def test_traits_are_shares_that_need_no_price_level() -> None:
    one = sale("1", *up(700_000, "A", "X", "A", "X", "A", "X", "A", every=30), winner="A")
    other = sale("2", *up(700_000, "A", "B"), seller="T", winner="B")
    every = [one, *[replace(one, sale=str(n)) for n in range(3, 8)], other]
    traits = traits_of("X", one, Known(every))
    assert traits == Traits(
        successive=0.0, ratio=3 / 7, missed=1.0, lost=6, tendency=1.0, least_steps=1.0, reaction=30.0, silent=True
    )
    dearer = replace(one, opening=7, step=50, bids=tuple(replace(bid, amount=bid.amount * 10_000) for bid in one.bids))
    assert replace(traits_of("X", dearer, Known([dearer, *every[1:]])), least_steps=1.0) == traits


def test_what_the_house_bid_for_a_limit_is_nobodys_haste() -> None:
    bids = [Entry("X" if n % 2 else "A", 700_000 + n * STEP, float(n), by_limit=n % 2 == 1) for n in range(8)]
    one = replace(sale("1"), bids=tuple(bids))
    traits = traits_of("X", one, Known([one]))
    assert (traits.ratio, traits.reaction, traits.least_steps, traits.silent) == (0.0, None, None, False)


def test_two_who_take_turns_and_never_fight_are_a_ring() -> None:
    quiet = [
        sale(str(n), *up(700_000, *("AB" if n % 2 else "BA"), every=DAY / 3), winner="B" if n % 2 else "A")
        for n in range(4)
    ]
    [ring] = signals(quiet[0], quiet)
    assert (ring.bidders, ring.is_ring) == (("A", "B"), True)
    assert [(reason.trait, reason.figure) for reason in ring.reasons] == [
        (Trait.TAKE_TURNS, 4.0),
        (Trait.NEVER_CONTEST, 1.0),
    ]
    fought = [replace(one, bids=tuple(Entry(b, a, t) for b, a, t in up(700_000, *"ABABAB"))) for one in quiet]
    assert not any(signal.is_ring for signal in signals(fought[0], fought))
    answered = [replace(one, bids=tuple(Entry(b, a, t) for b, a, t in up(700_000, *"ABA"))) for one in quiet]
    assert not any(signal.is_ring for signal in signals(answered[0], answered)), "who answers a rival contests"
    one_sided = [replace(one, winner="A") for one in quiet]
    assert not any(signal.is_ring for signal in signals(one_sided[0], one_sided))


def test_too_little_is_no_signal() -> None:
    assert signals(sale("1"), []) == ()
    assert signals(sale("1", ("A", 700_000, 1.0), winner="A"), []) == ()


shares = st.none() | st.floats(0, 1)


@given(st.builds(Traits, st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1), shares, st.just(0), shares, shares, st.none() | st.floats(0, 1e5), st.booleans()))  # fmt: skip
def test_points_are_what_the_reasons_weigh_and_more_of_a_trait_never_weighs_less(traits: Traits) -> None:
    points, reasons = weigh(traits)
    assert (points > 0) <= bool(reasons)
    assert weigh(replace(traits, successive=1.0))[0] >= points
    assert weigh(replace(traits, ratio=1.0))[0] >= points
    if traits.missed is not None:
        assert weigh(replace(traits, missed=1.0))[0] >= points


def measured(told: Iterable[tuple[bool, bool]]) -> tuple[float, float, float]:
    """Precision, recall and F1 of (signalled, true) pairs."""
    pairs = list(told)
    hits = sum(signalled and true for signalled, true in pairs)
    precision = hits / max(1, sum(signalled for signalled, _ in pairs))
    recall = hits / max(1, sum(true for _, true in pairs))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def labelled() -> list[tuple[str, int, bool]]:
    """(auction, points, whether it was a shill) of each row of the labelled set (Alzahrani and Sadaoui 2018, CC BY 4.0)."""
    with (DATA / "shill_bidding.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = ("Successive_Outbidding", "Bidding_Ratio", "Winning_Ratio", "Bidder_Tendency")
    told = []
    for row in rows:
        successive, ratio, missed, tendency = (float(row[name]) for name in names)
        points, _ = weigh(Traits(successive, ratio, missed, tendency=tendency))
        told.append((row["Auction_ID"], points, row["Class"] == "1"))
    return told


@pytest.mark.skipif(not DATA.exists(), reason=f"the shill-bidding data set is not in {DATA.parent}")
def test_on_the_labelled_set_by_folds_of_whole_auctions(capsys: pytest.CaptureFixture[str]) -> None:
    """The threshold is chosen without the fold it is tried on; the weights were set by what the traits mean. One rule alone (outbids itself) has F1 .887."""
    rows = labelled()
    auctions = sorted({auction for auction, _, _ in rows})
    random.Random(7).shuffle(auctions)
    told: list[tuple[bool, bool]] = []
    for fold in range(FOLDS):
        held = set(auctions[fold::FOLDS])
        known = [(points, true) for auction, points, true in rows if auction not in held]
        best = max(range(1, 9), key=lambda least: measured((points >= least, true) for points, true in known)[2])
        assert best == NOTABLE, "each set of four fifths chooses the threshold that the house uses"
        told += [(points >= best, true) for auction, points, true in rows if auction in held]
    precision, recall, f1 = measured(told)
    with capsys.disabled():
        print(f"\nshill bidding, {FOLDS} folds of whole auctions: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")  # fmt: skip
    assert f1 >= 0.90
    assert recall >= 0.95


def test_in_made_up_houses_whose_truth_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    """From bare histories of made-up houses; the weights were set on other seeds."""
    shills: list[tuple[bool, bool]] = []
    rings: list[tuple[bool, bool]] = []
    for seed in range(100, 112):
        house = a_house(seed)
        found = [(one.sale, signal) for one in house.histories for signal in signals(one, house.histories)]
        lone = {(name, signal.bidders[0]) for name, signal in found if not signal.is_ring}
        pairs = {signal.bidders for _, signal in found if signal.is_ring}
        shills += [(case in lone, case in house.shills) for case in lone | house.shills]
        rings += [(pair in pairs, pair in house.rings) for pair in pairs | house.rings]
    for name, told in (("shills", shills), ("rings", rings)):
        precision, recall, _ = measured(told)
        with capsys.disabled():
            print(f"\nmade-up houses, {name}: precision {precision:.3f}, recall {recall:.3f}", end="")
        assert precision >= 0.85
        assert recall >= 0.65


def test_a_related_bidder_is_notable_however_it_bids() -> None:
    one = sale("1", ("A", 700_000, 1.0), ("B", 705_000, 2.0), winner="B")
    assert signals(one, []) == ()
    [signal] = signals(one, [], {"B", "C"})
    assert (signal.bidders, [reason.trait for reason in signal.reasons]) == (("B",), [Trait.RELATED])


@st.composite
def many_sales(draw: st.DrawFn) -> list[History]:
    """A crowd of five over several sales of two sellers; winners who did not bid, and sales in which nobody did, among them."""
    made = []
    for number in range(draw(st.integers(1, 12))):
        who = draw(st.lists(st.sampled_from("ABCDE"), max_size=7))
        rises = draw(st.lists(st.integers(0, 2), min_size=len(who), max_size=len(who)))
        bids = [(bidder, 700_000 + STEP * sum(rises[: n + 1]), n * 9_000.0) for n, bidder in enumerate(who)]
        winner = draw(st.sampled_from([None, *"ABCDE", *who[-1:]]))
        made.append(sale(str(number), *bids, seller=draw(st.sampled_from("ST")), winner=winner))
    return made


@given(many_sales())
def test_what_is_counted_once_is_what_reading_all_sales_for_each_would_find(every: list[History]) -> None:
    known = Known(every)
    for one in every:
        assert known.signals(one) == signals(one, every)
        for bidder in one.bidders:
            part = [each for each in every if bidder in each.bidders]
            missed = sum(each.winner != bidder for each in part)
            traits = traits_of(bidder, one, known)
            assert traits.missed == (missed / len(part) if len(part) >= 3 else None)
            assert traits.lost == (len(part) if len(part) >= 6 and missed == len(part) else 0)
            regular = sum(each.seller == one.seller for each in part) / len(part)
            known_sellers = len({each.seller for each in every})
            assert traits.tendency == (regular if len(part) >= 6 and known_sellers > 1 else None)
        for signal in known.signals(one):
            if signal.is_ring:
                first, second = signal.bidders
                met = [each for each in every if {first, second} <= each.bidders and each.winner in signal.bidders]
                assert signal.reasons[0].figure == len(met) >= 3
                assert {each.winner for each in met} == {first, second}

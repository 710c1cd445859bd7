"""Deposits by transfer, out of the seller's bank statement: the code and the exact amount make them, once; all else waits for a person."""

import pytest

from marketplace.disposal.queries import find_auction, registrations
from marketplace.disposal.rules.deposits import code_named
from marketplace.financing.banking import statements as payments
from tests.factories import World
from tests.marketplace.disposal.makers import Sale, an_auction
from tests.marketplace.financing.test_rules_bank import entry, statement

CODES = ("ABCD2345", "WXYZ6789")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Deposit abcd2345 copper", "ABCD2345"),
        ("竞买保证金ABCD2345", "ABCD2345"),
        ("ABCD2345", "ABCD2345"),
        ("XABCD2345", None),
        ("ABCD23456", None),
        ("ABCD2345 or WXYZ6789", None),
        ("thanks", None),
        ("", None),
    ],
)
def test_a_code_is_named_as_a_word_of_its_own_and_alone(said: str, code: str | None) -> None:
    assert code_named(said, CODES) == code


def states(sale: Sale) -> list[str]:
    with sale.bank.operator.ws(read_only=True) as ws:
        return [str(one.deposit_state) for one in registrations(ws, sale.auction_id)]


def test_a_statement_confirms_the_deposits_it_tells_of_and_nothing_else(world: World) -> None:
    sale = an_auction(world)
    firms = [sale.bidder(deposit=False) for _ in range(3)]
    with sale.bank.operator.ws(read_only=True) as ws:
        codes = [one.registration.deposit_code for one in registrations(ws, sale.auction_id)]
        assert str(find_auction(ws, sale.auction_id).deposit.amount) == "70000.00"
    told = [
        entry("70000.00", reference="D-1", said=f"deposit {codes[0].lower()}"),
        entry("69999.99", reference="D-2", said=codes[1]),
        entry("70000.00", direction="DBIT", reference="D-3", said=codes[2]),
        entry("70000.00", reference="D-4", said="by its amount alone"),
    ]
    for kind in ("053", "054"):
        with sale.bank.operator.ws() as ws:
            payments.import_statement(ws, statement(*told, kind=kind))
        world.work()
        assert states(sale) == ["HELD", "None", "None"]
    with sale.bank.operator.ws(read_only=True) as ws:
        known = {line.bank_reference: (line.status, line.matched_kind) for line in payments.bank_lines(ws, status=None)}
    assert known["D-1"] == ("MATCHED", "DEPOSIT")
    assert {known[reference] for reference in ("D-2", "D-3", "D-4")} == {("UNMATCHED", "")}
    assert sale.open().bid(firms[0], 700_000).leads

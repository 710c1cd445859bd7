"""The record: everybody reads what concerns them, takes it home, and finds that it is whole; who had no part in it reads nothing of it."""

import json
from hashlib import sha256

from tests.journeys.goods import Lot
from tests.journeys.lending import Deal
from tests.journeys.people import Company, Person


def read_back(company: Company, deal: Deal, lot: Lot) -> None:
    """Each firm's feed tells its own part; the stranger's and the rival's tell nothing."""
    for who in (company.sme, company.officer):
        who.goes("/activity")
        who.sees(deal.number)
    for who in (company.keeper, company.inspector, company.dispatcher, company.treasurer, company.buyer):
        who.goes("/activity")
        who.sees_not("Nothing has happened yet")
    for who in (company.stranger, company.rival):
        who.goes("/activity")
        who.sees_not(deal.number, lot.number)
    company.sme.judges()


def take_home(person: Person, *words: str) -> None:
    """The whole record as a file; whoever holds it can work out that its chains hold, with sha256 alone."""
    person.goes("/activity")
    with person.page.expect_download() as download:
        person.main.get_by_role("link", name=person.said("Download the record")).click()
    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    told = "\n".join(line["actor"] + json.dumps(line["facts"], ensure_ascii=False) for line in lines if "facts" in line)
    assert [word for word in words if word not in told] == []
    chains = {line["stream"]: sha256(line["stream"].encode()).digest() for line in lines}
    for line in sorted(lines, key=lambda one: one["sequence"]):
        chains[line["stream"]] = sha256(chains[line["stream"]] + bytes.fromhex(line["digest"])).digest()
        assert chains[line["stream"]].hex() == line["hash"], line


def judge_every_home(company: Company) -> None:
    """What each role sees first is accessible, and keeps inside a phone."""
    for who in (company.officer, company.keeper, company.dispatcher, company.buyer, company.operator):
        who.judges("/")

"""A sealed passport by pages and calls: the market reads what is open, the owner shows what is its own, and nobody else can."""

import json
import re
from uuid import uuid4

from frontend.catalogue.words import PASSPORT_FIELDS
from frontend.language import _chinese
from marketplace.catalogue.passports import check_passport
from marketplace.catalogue.passports.models import SealedPassport
from tests.factories import World
from tests.marketplace.disposal.makers import an_enforced_sale


def test_the_market_sees_the_goods_and_their_owner_alone_shows_whose_they_are(world: World, tmp_path) -> None:  # type: ignore[no-untyped-def]
    enforced = an_enforced_sale(world)
    owner, bank = enforced.deal.sme, enforced.deal.bank
    offer = enforced.sale.auction_id
    visitor = world.app.test_client()
    page = visitor.get(f"/catalogue/{offer}").text
    assert "Check this passport" in page
    assert "Show fields to somebody" not in page
    public = visitor.get(f"/catalogue/{offer}/passport.json")
    assert owner.name not in public.text
    assert set(public.json["fields"]) >= {"evidence", "verified", "record"}
    assert not {"owner", "lot", "papers", "receipts"} & set(public.json["fields"])
    checker = tmp_path / "check.py"
    checker.write_text(visitor.get("/catalogue/check_passport.py").text)
    compile(checker.read_text(), "check.py", "exec")

    fields = owner.operator.call("GET", f"/listings/{offer}/passport/fields").json["items"]
    assert {one["name"] for one in fields if not one["is_open"]} == {"owner", "lot"}
    wanted = {"fields": ["owner", "verified"], "reader": "Wenzhou Cable"}
    shown = owner.operator.call("POST", f"/listings/{offer}/passport/showings", wanted)
    assert (shown.status_code, shown.json["root"]) == (201, public.json["root"])
    assert shown.json["fields"]["owner"]["value"] == owner.name
    file = tmp_path / "shown.json"
    file.write_text(json.dumps(shown.json))
    assert check_passport.main([str(file), "--root", public.json["root"]]) == 0
    assert "Wenzhou Cable" in owner.operator.call("GET", "/events").text

    for other in (bank.operator, world.firm("SME", "BANK", "BUYER").owner):
        assert other.call("GET", f"/listings/{offer}/passport/fields").status_code == 404
        assert other.call("POST", f"/listings/{offer}/passport/showings", wanted).status_code in (403, 404)
        assert "Wenzhou Cable" not in other.call("GET", "/events").text
    for wrong, field in (({"fields": []}, "fields"), ({"fields": ["price"]}, "fields"), ({"reader": " "}, "reader")):
        answer = owner.operator.call("POST", f"/listings/{offer}/passport/showings", wanted | wrong)
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_the_owner_chooses_on_a_page_and_gets_a_file(world: World) -> None:
    enforced = an_enforced_sale(world)
    offer, client = enforced.sale.auction_id, enforced.deal.sme.operator.browser()
    assert "Show fields to somebody" in client.get(f"/catalogue/{offer}").text
    page = client.get(f"/catalogue/{offer}/passport").text
    assert enforced.deal.lots[0].number in page
    assert "420.000 t<" in page
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    sent = {"csrf_token": found.group(1), "show.verified": "yes", "reader": ""}
    refused = client.post(f"/catalogue/{offer}/passport", data=sent | {"_key": str(uuid4())})
    assert refused.status_code == 422
    assert "Say who is to read it" in refused.text
    file = client.post(f"/catalogue/{offer}/passport", data=sent | {"_key": str(uuid4()), "reader": "Wenzhou Cable"})
    assert "attachment" in file.headers["Content-Disposition"]
    assert list(file.json["fields"]) == ["verified"]


def test_every_field_has_its_words_in_both_languages() -> None:
    assert [word for word in PASSPORT_FIELDS.values() if word not in _chinese()] == []


def test_a_kept_edition_is_never_changed(world: World) -> None:
    """The runtime may add editions and change none: what was sealed stays what it was."""
    enforced = an_enforced_sale(world)
    allowed = "select has_table_privilege('bailee_runtime', 'house.sealed_passport', %s)"
    roles = [role for role in ("bailee_app", "bailee_worker") for verb in ("update", "delete") if world.admin.execute(allowed.replace("bailee_runtime", role), (verb,)).fetchone()[0]]  # type: ignore[index]  # fmt: skip
    assert roles == []
    with enforced.deal.bank.operator.ws(read_only=True) as ws:
        row = ws.session.get_one(SealedPassport, (enforced.deal.bank.tenant_id, enforced.sale.auction_id, 1))
        assert row.owner_id == enforced.deal.sme.tenant_id

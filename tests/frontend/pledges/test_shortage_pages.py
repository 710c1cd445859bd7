"""A shortage by screen and by call: reported from a lot, each claimant sees its own, one objects, two people decide."""

from tests.factories import World
from tests.frontend.pledges.test_pages import approve, post
from tests.marketplace.pledges.short_makers import COUNT, a_mass

BODY = {"found": {"amount": "200.000", "unit": "TNE"}, "because": "Counted twice.", "evidence": [COUNT]}


def test_a_shortage_by_screen(world: World) -> None:
    mass, owner, rival, bank = a_mass(world), world.firm("SME"), world.firm("SME", name="Rival Metals"), world.firm("BANK")  # fmt: skip
    lot, other = mass.lot(owner, "100"), mass.lot(rival, "300")
    deal = mass.pledged(owner, bank, lot, "60")
    sup = mass.supervisor.operator
    here = f"/lots/{lot.id}/shortages"
    assert f"{here}/new" in sup.browser().get(f"/lots/{lot.id}").text
    assert "All goods of this kind" in sup.browser().get(f"{here}/new").text
    assert "field-found" in post(sup, here, {"found": "400", "because": "Counted.", "evidence": COUNT}).text
    there = post(sup, here, {"found": "200", "because": "Counted.", "evidence": COUNT}).location
    own = owner.operator.browser().get(there).text
    assert "50.000" in own
    assert "50.0%" in own
    assert "Rival Metals" not in own + bank.operator.browser().get(there).text
    assert other.number not in own
    assert "Rival Metals" in sup.browser().get(there).text
    for person, page in ((owner.operator, f"/lots/{lot.id}"), (bank.operator, f"/pledges/{deal}"), (sup, "/"), (mass.warehouse.operator, there)):  # fmt: skip
        assert "hortage" in person.browser().get(page).text
    assert there in rival.operator.browser().get("/shortages").text
    line = mass.lines(owner, there.rpartition("/")[2])[0].id  # type: ignore[arg-type]
    assert "field-claimed" in owner.operator.browser().get(f"/shortage-lines/{line}/objections/new").text
    assert rival.operator.browser().get(f"/shortage-lines/{line}/objections/new").status_code == 404
    told = {"claimed": "110", "taken": "0", "because": "Ten more came in May.", "evidence": "W-12, W-13"}
    assert post(owner.operator, f"/shortage-lines/{line}/objections", told).location == there
    page = sup.browser().get(there).text
    assert "Ten more came in May." in page
    objection = page.partition("/shortage-objections/")[2].partition("/")[0]
    assert post(sup, f"/shortage-objections/{objection}/answer", {"upheld": "yes", "answer": "So it is."}).location == there  # fmt: skip
    assert f'href="{there}"' in mass.supervisor.approver.browser().get("/approvals").text, (
        "who decides looks at the table first"
    )
    approve(mass.supervisor)
    assert "53.659" in owner.operator.browser().get(there).text
    assert post(sup, f"{there}/recounts", {"found": "205", "because": "A corner.", "evidence": COUNT}).location == there
    assert "55.000" in owner.operator.browser().get(there).text
    assert post(sup, f"{there}/lifting", {"lifted_because": "A wall."}).location == there
    world.set_clock(mass.now(owner, there.rpartition("/")[2]).objections_until)  # type: ignore[arg-type]
    assert "Propose to confirm" in sup.browser().get(there).text
    assert post(sup, f"{there}/confirmation").location == there


def test_what_turns_up_later_by_screen(world: World) -> None:
    mass, owner = a_mass(world), world.firm("SME")
    lot, _ = mass.lot(owner, "100"), mass.lot(world.firm("SME"), "300")
    sup, shortage_id = mass.supervisor.operator, mass.report(lot, "205").id
    mass.confirm(shortage_id)
    there = f"/shortages/{shortage_id}"
    assert "Propose to share them out" in sup.browser().get(there).text
    assert "found-goods" not in owner.operator.browser().get(there).text
    told = {"found": "195", "because": "A wall.", "evidence": COUNT}
    assert "field-found" in post(sup, f"{there}/found-goods", told | {"found": "196"}).text
    assert post(sup, f"{there}/found-goods", told).location == there
    assert "Found of what shortage" in mass.supervisor.approver.browser().get("/approvals").text
    approve(mass.supervisor)
    assert "All of it was found" in owner.operator.browser().get(there).text


def test_a_shortage_by_call(world: World) -> None:
    mass, owner, rival = a_mass(world), world.firm("SME"), world.firm("SME")
    lot, _ = mass.lot(owner, "100"), mass.lot(rival, "300")
    sup = mass.supervisor.operator
    made = mass.warehouse.operator.call("POST", f"/lots/{lot.id}/shortages", BODY).json
    assert (made["status"], made["claimants"], made["lines"]) == ("OPEN", 2, [])
    world.work()
    here = f"/shortages/{made['id']}"
    (line,) = owner.operator.call("GET", here).json["lines"]
    assert (line["share"], line["kind"]) == ({"amount": "50.000", "unit": "TNE"}, "TITLE")
    assert len(sup.call("GET", here).json["lines"]) == 2
    told = {"claimed": {"amount": "90.000", "unit": "TNE"}, "taken": {"amount": "0.000", "unit": "TNE"}, "because": "Less."}  # fmt: skip
    objection = owner.operator.call("POST", f"/shortage-lines/{line['id']}/objections", told).json
    answer = sup.call("POST", f"/shortage-objections/{objection['id']}/answer", {"upheld": False, "answer": "No."}).json
    assert answer["act"] == "answer_share_objection"
    assert sup.call("POST", f"{here}/recounts", BODY | {"found": {"amount": "100.000", "unit": "TNE"}}).json["found"]["amount"] == "100.000"  # fmt: skip
    assert sup.call("POST", f"{here}/lifting", {"because": "A wall."}).json["act"] == "lift_shortage"
    assert sup.call("POST", f"{here}/confirmation", {}).status_code == 409
    assert sup.call("POST", f"{here}/found-goods", BODY).status_code == 409
    assert [one["id"] for one in rival.operator.call("GET", "/shortages").json["items"]] == [made["id"]]

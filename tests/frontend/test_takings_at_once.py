"""Two hands at the same moment on what leaves the house or is due once: archives, notices of a sale, what was held of a price, contests, passports."""

from sqlalchemy import select

from marketplace.disposal.notices.queries import notices_of
from marketplace.disposal.rules.notices import Capacity, Outsider
from marketplace.evidence.archives.models import FirmArchive
from marketplace.supervision import actions as supervision
from marketplace.supervision.models.contests import ContestAnswer
from marketplace.supervision.queries import find_alarm
from tests.factories import World
from tests.frontend.test_at_once import Asked, together
from tests.frontend.test_hands_at_once import told_of, two_of
from tests.marketplace.disposal.accepting.test_part_held import PRICE, contested_in_part, statement
from tests.marketplace.disposal.makers import an_auction, an_enforced_sale, cny
from tests.marketplace.supervision.makers import a_scene
from tests.marketplace.supervision.test_alarms import raised

COSTS: dict[str, object] = {"storage": {"amount": "60000", "currency": "CNY"}, "enforcement": {"amount": "40000", "currency": "CNY"}, "commission_rate": "0.02", "tax_rate": "0.13"}  # fmt: skip


def test_an_archive_is_asked_for_once_agreed_once_and_each_taking_is_noted(world: World) -> None:
    firm = world.firm("SME")
    asked: list[Asked] = [(one, "/archives", {}) for one in two_of(firm, "owner") * 2]
    assert together(world, asked) == {201: 1, 409: 3}
    [waiting] = firm.approver.call("GET", "/approvals").json["items"]
    path = f"/approvals/{waiting['id']}/approval"
    assert together(world, [(one, path, {}) for one in two_of(firm, "approver") * 2]) == {200: 1, 409: 3}
    world.work()
    [made] = firm.owner.call("GET", "/archives").json["items"]
    takings: list[Asked] = [(one, f"/archives/{made['id']}/takings", {}) for one in two_of(firm, "owner") * 2]
    assert together(world, takings) == {200: 4}
    assert told_of(firm.owner, firm.tenant_id, "ArchiveTaken") == 4
    with firm.owner.ws(read_only=True) as ws:
        assert ws.session.scalars(select(FirmArchive.taken)).all() == [4]


def test_a_notice_is_served_once(world: World) -> None:
    sale = an_auction(world, outside_notices=(Outsider("Jiangnan Factoring", Capacity.CLAIMANT),))
    with sale.bank.operator.ws(read_only=True) as ws:
        [notice] = [one for one in notices_of(ws, sale.auction_id) if one.reached_at is None]
    path = f"/auctions/{sale.auction_id}/notices/{notice.notice_id}/service"
    proofs: list[Asked] = [(one, path, {"proof": f"SF {n}, signed for"}) for n, one in enumerate(two_of(sale.bank) * 2)]
    assert together(world, proofs) == {200: 1, 409: 3}
    assert told_of(sale.bank.operator, notice.deal_id, "SaleNoticeServed") == 1


def test_what_is_free_of_a_price_and_then_what_was_held_is_proposed_once_and_shared_out_once(world: World) -> None:
    scene = contested_in_part(world)
    bank, room = scene.bank, f"/auctions/{scene.auction_id}"
    for path, body, before in ((f"{room}/distribution", COSTS, None), (f"{room}/distribution/rest", {}, "REJECT")):
        if before:
            scene.decide(before)
        proposals: list[Asked] = [(one, path, body) for one in two_of(bank) * 2]
        assert together(world, proposals) == {201: 1, 409: 3}, path
        [waiting] = bank.approver.call("GET", "/approvals").json["items"]
        agreed: list[Asked] = [(one, f"/approvals/{waiting['id']}/approval", {}) for one in two_of(bank, "approver") * 2]  # fmt: skip
        assert together(world, agreed) == {200: 1, 409: 3}, path
        world.work()
    receipts, held, _, _ = statement(scene)
    assert (receipts, held) == (cny(PRICE), cny("0")), "and no line twice"


def test_an_alarm_is_contested_once_and_its_contest_answered_or_ended_once(world: World) -> None:
    scene = a_scene(world)
    alarm, officers = raised(scene), two_of(scene.supervisor)
    path = f"/alarms/{alarm.id}"
    contests: list[Asked] = [(one, f"{path}/contests", {"because": "Our own crew."}) for one in two_of(scene.sme) * 2]
    assert together(world, contests) == {201: 1, 409: 3}
    end = {"disposition": "TRUE", "note": "Seen.", "evidence": ["photo 1"]}
    answer = {"upheld": True, "note": "It was announced.", "evidence": ["log 1"]}
    rivals: list[Asked] = [(officers[0], f"{path}/closing", end), (officers[1], f"{path}/contests/answer", answer)]
    assert together(world, rivals * 2) == {200: 1, 409: 3}
    assert told_of(scene.bank.operator, scene.lot.id, "ContestAnswered") == 1


def test_the_end_of_an_alarm_is_contested_once_and_amended_once(world: World) -> None:
    scene = a_scene(world)
    alarm = raised(scene)
    with scene.supervisor.person("operator", name="Who closed it").ws() as ws:
        supervision.close_alarm(ws, alarm.id, disposition="TRUE", note="Seen.", evidence=["photo 1"])
    contests: list[Asked] = [(one, f"/alarms/{alarm.id}/contests", {"because": "Our own crew."}) for one in two_of(scene.sme) * 2]  # fmt: skip
    assert together(world, contests) == {201: 1, 409: 3}
    answers = [{"upheld": upheld, "note": "We looked.", "evidence": ["log 1"]} for upheld in (True, False)]
    said: list[Asked] = [(one, f"/alarms/{alarm.id}/contests/answer", body) for one, body in zip(two_of(scene.supervisor), answers, strict=True)]  # fmt: skip
    assert together(world, said * 2) == {200: 1, 409: 3}
    with scene.bank.operator.ws(read_only=True) as ws:
        assert len(ws.session.scalars(select(ContestAnswer).where(ContestAnswer.alarm_id == alarm.id)).all()) == 1
        assert find_alarm(ws, alarm.id).disposition == "TRUE"


def test_each_showing_of_a_passport_is_noted_and_all_show_the_same(world: World) -> None:
    enforced = an_enforced_sale(world)
    owner, path = enforced.deal.sme, f"/listings/{enforced.sale.auction_id}/passport/showings"
    wishes: list[Asked] = [(one, path, {"fields": ["owner"], "reader": f"Reader {n}"}) for n, one in enumerate(two_of(owner) * 2)]  # fmt: skip
    assert together(world, wishes) == {201: 4}
    assert told_of(owner.operator, enforced.deal.lots[0].id, "PassportShown") == 4

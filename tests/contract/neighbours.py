"""Two neighbours: firms with something of every kind, and a stranger to all of it who holds every kind of organisation and every job.

The stranger's role never refuses anything, so that whatever keeps it out is the fence between tenants and nothing else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from marketplace.catalogue.actions import offer_stock, save_search, withdraw_stock
from marketplace.disposal.actions import (
    answer_dispute,
    ask_question,
    book_visit,
    offer_slot,
    open_data_room,
    propose_decision,
    raise_dispute,
    share_paper,
)
from marketplace.disposal.data_rooms.actions import Upload
from marketplace.disposal.negotiating.queries import rooms_of
from marketplace.disposal.notices.queries import notices_of
from marketplace.disposal.queries import find_auction
from marketplace.disposal.visits.models import VisitKind
from marketplace.documents.figures import enter_particulars
from marketplace.documents.trades import lay_before
from marketplace.evidence.actions import ask_evidence
from marketplace.evidence.archives.actions import ask_archive
from marketplace.evidence.archives.queries import archives_of
from marketplace.financing import actions
from marketplace.financing.actions import ask_substitution, sign_base
from marketplace.financing.banking import statements as payments
from marketplace.financing.models.payments import PaymentFile
from marketplace.financing.queries import drawdowns, margin_calls
from marketplace.guarantees.actions import ask_extension, take_deposit
from marketplace.inventory import actions as inventory
from marketplace.inventory.importing import read_lots
from marketplace.inventory.items.pieces import items_of
from marketplace.inventory.places.queries import list_products
from marketplace.inventory.rules.receipts import WRITTEN
from marketplace.pledges.actions import ask_second_rank, object_to_share
from marketplace.quantity import Quantity
from marketplace.supervision.queries import open_alarms
from marketplace.valuation.queries import imports
from tenants import approvals
from tenants.database import new_id
from tenants.log.actions import register_witness
from tenants.log.notes import COSIGNATURE, VerifierKey
from tenants.members import my_sessions
from tenants.notifications import latest
from tenants.organisations import Kind
from tenants.texts.writing import write
from tenants.webhooks.actions import register_webhook, send_test
from tests import cluster
from tests.factories import Person, World
from tests.integrations.vision.pictures import a_picture
from tests.marketplace.billing.makers import a_consent, an_invoice
from tests.marketplace.cameras.makers import a_camera
from tests.marketplace.disposal.appropriating.test_taking_over import Taking
from tests.marketplace.disposal.makers import Enforced, a_bad_loan, an_auction, an_enforced_sale
from tests.marketplace.disposal.negotiating.makers import NEGOTIATED
from tests.marketplace.documents.makers import a_document
from tests.marketplace.documents.trade_makers import a_whole_trade, an_upload, said
from tests.marketplace.duty.makers import a_handover
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan, decided, yuan
from tests.marketplace.financing.test_rules_bank import entry, statement
from tests.marketplace.guarantees.makers import asked
from tests.marketplace.guarantees.test_extending import a_longer_day
from tests.marketplace.inventory.makers import a_bulk, a_listed_lot
from tests.marketplace.patrols.makers import a_route
from tests.marketplace.pledges.makers import Parties, a_deal_room, a_release_order
from tests.marketplace.pledges.short_makers import a_mass
from tests.marketplace.shipments.makers import a_planned_shipment
from tests.marketplace.stocktakes.makers import a_count
from tests.marketplace.supervision.makers import a_scene, a_watching_device, say, weights
from tests.tenants.ownership.makers import an_owner

Ids = dict[str, UUID]
LOTS_FILE = b"sku,quantity,site,supervisor\nCU-1,10,Yangshan,Zhongzheng\n"


@dataclass
class Neighbourhood:
    """The ids of other firms' things by the names that URLs and bodies give them, and the stranger who tries them."""

    world: World
    ids: Ids
    owner: Person
    stranger: Person
    behind_the_sale: list[str]
    cast: dict[str, Person]

    @property
    def are_there(self) -> bool:
        """Whether nobody emptied the house since."""
        found = "select 1 from house.organisation where id = %s"
        return self.world.admin.execute(found, (self.stranger.firm.tenant_id,)).fetchone() is not None


_made: list[tuple[Neighbourhood, datetime]] = []


def the_neighbours(world: World) -> Neighbourhood:
    """A sold and a running loan, watched goods, papers, journeys: every table of the trade has a row that is somebody else's."""
    cast: dict[str, Person] = {}
    early = _a_walk(world) | _a_patrol(world, cast) | _goods_to_take_over(world, cast)  # first: they let days pass
    ids, hidden = _a_sale(world, cast)
    ids |= early | _a_shortage(world, cast) | _a_loan(world, cast) | _watched_goods(world, cast) | _talks(world, cast)
    operator, customer, ids["invoice_id"] = an_invoice(world)
    ids["mandate_id"] = a_consent(world, customer)
    cast |= {"operator": operator.owner, "customer": customer.owner}
    ids |= _an_owner(world, cast)
    firm = world.firm(*(kind.value for kind in Kind), name="Stranger & Co")
    owner = _somebody(world, ids)
    return Neighbourhood(world, ids, owner, firm.owner, hidden, cast | {"stranger": firm.owner})


def the_same_neighbours(world: World) -> Neighbourhood:
    """Those that were made before, at the time when they were made: for modules that only look, since making them takes ten seconds."""
    if not _made or not _made[0][0].are_there:
        world.set_clock(cluster.START)
        _made[:] = [(the_neighbours(world), world.now)]
    [(neighbours, at)] = _made
    world.set_clock(at)
    return neighbours


def _a_sale(world: World, cast: dict[str, Person]) -> tuple[Ids, list[str]]:
    """A defaulted loan whose goods were sold and paid for, the distribution proposed; and the names that the market must not learn."""
    enforced = an_enforced_sale(world)
    ids = _before_the_sale(world, enforced)
    enforced.sell("4200000")
    enforced.pay()
    dispute_id = _a_dispute(world, enforced)
    proposal = enforced.propose_waterfall()
    auction_id = enforced.sale.auction_id
    cast |= {"seller": enforced.deal.bank.owner, "winner": enforced.sale.bidders[-1].owner}
    secret = [firm.name for firm in (enforced.deal.sme, *enforced.sale.bidders)]
    secret += [str(one.id) for one in enforced.deal.lots] + [str(enforced.deal.deal_id)]
    return ids | {"auction_id": auction_id, "listing_id": auction_id, "approval_id": proposal.id, "dispute_id": dispute_id}, secret  # fmt: skip


def _a_dispute(world: World, enforced: Enforced) -> UUID:
    """The buyer says that it was not given the goods; it is found to be wrong, and gets them."""
    with enforced.buyer.owner.ws() as ws:
        dispute = raise_dispute(ws, enforced.sale.auction_id, ground="NOT_DELIVERED", words="Nobody was at the gate.")
    world.work()
    with enforced.deal.bank.owner.ws() as ws:
        answer_dispute(ws, dispute.id, words="The gate was open all day.")
        decision = propose_decision(ws, dispute.id, decision="REJECT", because="The log of the gate says so.")
    decided(enforced.deal.bank, decision)
    enforced.hand_over()
    return dispute.id


def _before_the_sale(world: World, enforced: Enforced) -> Ids:
    """A bidder that asks about the goods and comes to look at them."""
    auction_id, early = enforced.sale.auction_id, enforced.sale.bidder()
    begins = world.now + timedelta(days=2)
    with early.owner.ws() as ws:
        question = ask_question(ws, auction_id, words="Is the packing sound?")
    with enforced.deal.bank.owner.ws() as ws:
        slot = offer_slot(ws, auction_id, kind=VisitKind.INSPECTION, starts_at=begins, ends_at=begins + timedelta(hours=2), places=2, note="")  # fmt: skip
    with early.owner.ws() as ws:
        visit = book_visit(ws, auction_id, slot.slot_id, visitor="Li Lei")
    with enforced.deal.bank.owner.ws() as ws:
        open_data_room(ws, auction_id, terms="For this sale alone, and for nobody else.")
        paper = share_paper(ws, auction_id, Upload(kind="other", name="assay.txt", content=b"Grade A."))
    with enforced.deal.bank.owner.ws(read_only=True) as ws:
        [notice, *_] = notices_of(ws, auction_id)
    return {"question_id": question.question_id, "notice_id": notice.notice_id, "slot_id": slot.slot_id, "visit_id": visit.visit_id, "paper_id": paper.paper_id}  # fmt: skip


def _goods_to_take_over(world: World, cast: dict[str, Person]) -> Ids:
    """Goods of a bad loan that their bank would take over; the pledgor was asked."""
    taking = Taking(a_bad_loan(world)).ask()
    cast |= {"taker": taking.deal.bank.owner, "pledgor": taking.deal.sme.owner}
    return {"appropriation_id": taking.row.id}


def _talks(world: World, cast: dict[str, Person]) -> Ids:
    """A sale that will be negotiated, below the valuation, and a buyer with a room in it."""
    sale = an_auction(world, own=NEGOTIATED, valuation=yuan("900000.00"))
    buyer = sale.bidder()
    with buyer.owner.ws(read_only=True) as ws:
        [room] = rooms_of(ws, find_auction(ws, sale.auction_id))
    cast |= {"negotiator": buyer.owner}
    return {"room_id": room.room_id}


def _a_loan(world: World, cast: dict[str, Person]) -> Ids:
    """A loan under a margin call, with an order to release and a journey planned, and whoever stands behind it asked for a longer time."""
    core = world.firm("CORE_ENTERPRISE")
    deal = a_running_loan(world, deal=a_request(world, core=core))
    guarantee = asked(deal, core, "CONFIRMED_WAREHOUSE", "500000.00").given()
    with deal.bank.operator.ws() as ws:
        take_deposit(ws, guarantee.id, amount=yuan("100.00"), reference="D-1")
        ask_extension(ws, deal.deal_id, until=a_longer_day(deal), because="The buyer pays later.")
    lot = deal.lots[0]
    order = a_release_order(deal.parties, deal.deal_id, lot, "10")
    repaid, line, payment_file = _at_the_bank(deal)
    deal.price("13000")
    with deal.bank.operator.ws(read_only=True) as ws:
        call, drawn, price = margin_calls(ws)[0], drawdowns(ws, deal.deal_id)[0], imports(ws)[0]
    carrier = world.firm("LOGISTICS")
    shipment = a_planned_shipment(world, deal.parties.a_lot(), deal.sme, carrier)
    firms = {"borrower": deal.sme, "lender": deal.bank, "keeper": deal.parties.warehouse, "controller": deal.parties.supervisor, "carrier": carrier, "core": core}  # fmt: skip
    cast |= {part: firm.owner for part, firm in firms.items()}
    document = a_document(deal.sme.operator, lot.id)
    trade = a_whole_trade(deal.sme.operator)
    new = deal.parties.a_lot("10.000")
    upload = an_upload(deal.sme.operator, "MONEY", "number,date,invoice,amount\nPAY-2,2026-03-20,INV-PO-1,1\n")
    with deal.sme.operator.ws() as ws:
        lay_before(ws, trade.trade_id, deal.deal_id)
        enter_particulars(ws, document.id, said("QC-1"))
        certificate = sign_base(ws, deal.deal_id)
        exchange = ask_substitution(
            ws,
            deal.deal_id,
            leaving_lot_id=lot.id,
            leaving=Quantity.of("5", "TNE"),
            coming_lot_id=new.id,
            coming=Quantity.of("5", "TNE"),
            because="sold",
        )
    papers = _papers(deal.parties) | _webhook(deal.bank.owner) | _witness(deal.bank.owner) | _shown_stock(deal.parties)
    with deal.bank.operator.ws() as ws:
        papers["bundle_id"] = ask_evidence(ws, deal.deal_id).id
    with deal.bank.owner.ws() as ws:
        wish = ask_archive(ws)
    decided(deal.bank, wish)
    with deal.bank.owner.ws() as ws:
        papers["archive_id"] = archives_of(ws)[0].id
    second = a_deal_room(deal.parties, world.firm("BANK"))
    with deal.sme.operator.ws() as ws:
        consent = ask_second_rank(ws, deal.deal_id, second_deal_id=second, lot_ids=[lot.id], cap=yuan("500.00"), most=yuan("100.00"), because="a second line")  # fmt: skip
        asked_at_once = actions.ask_banks(ws, bank_ids=[deal.bank.tenant_id], amount=yuan("1000.00"), tenor_days=90, purpose="Copper", goods=[(deal.parties.a_lot("1").id, Quantity.of("1", "TNE"))])  # fmt: skip
    return {
        "trade_id": trade.trade_id, "certificate_id": certificate.id, "substitution_id": exchange.id, "upload_id": upload.id,
        "guarantee_id": guarantee.id, "consent_id": consent.id, "inquiry_id": asked_at_once.id,
        "deal_id": deal.deal_id, "call_id": call.id, "drawdown_id": drawn.id, "order_id": order.id,
        "repayment_id": repaid, "line_id": line, "file_id": payment_file,
        "import_id": price.id, "shipment_id": shipment.shipment_id, "document_id": document.id, "stream_id": deal.deal_id, "object_id": deal.deal_id,
        "bank_id": deal.bank.tenant_id, "carrier_id": carrier.tenant_id, "supervisor_id": deal.parties.supervisor.tenant_id, "site_id": lot.site_id,
    } | papers  # fmt: skip


def _shown_stock(parties: Parties) -> Ids:
    """A lot that its owner had offered to banks, and does not any more: what is on offer every bank may answer."""
    lot = parties.a_lot("10")
    with parties.sme.operator.ws() as ws:
        offer = offer_stock(ws, lot.id, amount=yuan("1000.00"), tenor_days=90, shown_days=30)
        return {"stock_id": withdraw_stock(ws, offer.id).id}


def _webhook(person: Person) -> Ids:
    """A program that a firm's notices are carried to, a message on its way there, a text to a phone, and a notice."""
    with person.ws() as ws:
        webhook, _ = register_webhook(ws, url="https://hooks.example.com/bailee", kinds=["WebhookGaveUp"])
        written = write(ws, person.person_id, "+8613800138000", "WebhookGaveUp", "A notice.")
        return {
            "webhook_id": webhook.id,
            "message_id": send_test(ws, webhook.id).id,
            "text_id": written.id,
            "notification_id": latest(ws)[0].id,
        }


def _witness(person: Person) -> Ids:
    """A machine of a firm's own that watches the log."""
    with person.ws() as ws:
        key = str(VerifierKey("bank.example", COSIGNATURE, person.person_id.bytes * 2))
        return {"witness_id": register_witness(ws, key=key).id}


def _papers(parties: Parties) -> Ids:
    """A lot that is to be split, and a receipt that its holder gives back."""
    planned, stored = parties.a_lot("10"), parties.a_lot("10")
    with parties.sme.operator.ws() as ws:
        plan = inventory.propose_split(ws, planned.id, parts=[Quantity.of("4", "TNE"), Quantity.of("6", "TNE")])
    written = dict.fromkeys(WRITTEN, "as agreed")
    with parties.warehouse.operator.ws() as ws:
        receipt = inventory.draft_receipt(ws, stored.id, quantity=Quantity.of("10", "TNE"), written=written)
        proposal = next(one for one in approvals.waiting(ws) if one.subject_id == receipt.id)
    with parties.warehouse.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with parties.sme.operator.ws() as ws:
        request = inventory.request_surrender(ws, receipt.id)
    with parties.warehouse.operator.ws() as ws:
        bulk = a_bulk(ws, parties, stored.site_id)
    kept, lot = a_listed_lot(parties)
    with parties.sme.operator.ws(read_only=True) as ws:
        item_id = items_of(ws, lot.id)[0].id
    return {
        "conversion_id": plan.id,
        "receipt_id": receipt.id,
        "receipt_request_id": request.id,
        "list_id": kept.id,
        "item_id": item_id,
        "bulk_id": bulk.id,
    }


def _at_the_bank(deal: ADeal) -> tuple[UUID, UUID, UUID]:
    """A repayment, a movement that nobody recognised, and a payment file."""
    with deal.bank.operator.ws() as ws:
        repaid = actions.record_repayment(ws, deal.deal_id, amount=yuan("1.00"), reference="HOUSE-1")
        actions.import_statement(ws, statement(entry(reference="C-1")))
        made = PaymentFile(tenant_id=ws.tenant_id, id=new_id(), message_id="M", payments=1, total_minor=1, currency="CNY", content="<a/>", made_at=ws.now, maker="Somebody")  # fmt: skip
        ws.session.add(made)
        return repaid.id, payments.bank_lines(ws)[0].id, made.id


def _watched_goods(world: World, cast: dict[str, Person]) -> Ids:
    """A lot under a scale that lost weight, so that there is a device, readings and an alarm."""
    scene = a_scene(world)
    device = a_watching_device(scene.supervisor, scene.lot.id)
    say(world, device, weights(world.now, ["498750"] * 3))
    say(world, device, weights(world.now + timedelta(minutes=1), ["450000"] * 12))
    world.work()
    with scene.supervisor.operator.ws(read_only=True) as ws:
        alarm = open_alarms(ws)[0]
    camera = a_camera(scene)
    camera.shoot("taken", which=[2], times=3)
    cast |= {"watcher": scene.supervisor.owner, "watched": scene.sme.owner}
    with scene.sme.operator.ws(read_only=True) as ws:
        product = list_products(ws)[0]
    return {"camera_id": camera.device.device_id, "frame_id": camera.frames()[0].id, "lot_id": scene.lot.id, "device_id": device.device_id, "tracker_id": device.device_id, "alarm_id": alarm.id, "product_id": product.id, "bin_id": scene.lot.bin_id or UUID(int=1)} | a_handover(world, scene.supervisor)  # fmt: skip


def _a_shortage(world: World, cast: dict[str, Person]) -> Ids:
    """Goods of which half are missing, and an objection to a share of what is left."""
    mass, owner = a_mass(world), world.firm("SME")
    shortage = mass.report(mass.lot(owner, "10"), "5")
    line = mass.lines(owner, shortage.id)[0]
    with owner.owner.ws() as ws:
        objection = object_to_share(ws, line.id, claimed=Quantity.of("12", "TNE"), taken=Quantity.of("0", "TNE"), because="Two more came in May.")  # fmt: skip
    cast |= {"sharer": mass.supervisor.owner, "claimant": owner.owner}
    return {"shortage_id": shortage.id, "share_id": line.id, "objection_id": objection.id}


def _a_walk(world: World) -> Ids:
    """A surprise count with a lot that was opened and, so far, shown from the wrong side."""
    count = a_count(world)
    challenge = count.open()
    count.answer(challenge, a_picture((challenge.cards or [1])[:1]))
    return {"stocktake_id": count.id, "challenge_id": challenge.id, "phone_id": count.phone.id, "walker_id": count.warehouse.tenant_id}  # fmt: skip


def _a_patrol(world: World, cast: dict[str, Person]) -> Ids:
    """A round that was called, one of its checkpoints seen."""
    route = a_route(world)
    cast |= {"walker": route.firm.owner}
    patrol = route.call()
    route.scan(patrol, 0)
    return {"route_id": route.id, "patrol_id": patrol.id}


def _an_owner(world: World, cast: dict[str, Person]) -> Ids:
    """A firm with an owner in the register."""
    platform, owned = world.firm("PLATFORM"), world.firm("SME")
    cast |= {"registrar": platform.owner, "owned": owned.owner}
    return {"organisation_id": owned.tenant_id, "stake_id": an_owner(world, owned, world.firm("SME"), platform=platform).id}  # fmt: skip


def _somebody(world: World, ids: Ids) -> Person:
    """A member of another firm, with a session and a saved search."""
    person = world.firm("BUYER", "SME").owner
    with person.ws() as ws:
        ids["search_id"] = save_search(ws, name="Copper", asked={"q": "copper"}).id
        ids["lot_import_id"] = read_lots(ws, name="lots.csv", content=LOTS_FILE).id
        ids["session_id"] = my_sessions(ws)[0].id
    ids["person_id"] = person.person_id
    return person

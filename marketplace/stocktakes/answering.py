"""Walking: lots are opened a few at a time, and each is answered by a picture that the phone has signed."""

import secrets
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Select, or_, select

from marketplace.documents.actions import add_document
from marketplace.inventory.places.models import Site
from marketplace.quantity import Quantity
from marketplace.stocktakes import ports
from marketplace.stocktakes.events import CaptureRefused, ChallengeAnswered, ChallengesOpened
from marketplace.stocktakes.models import Capture, Challenge, Phone, Stocktake
from marketplace.stocktakes.phones import phone_that_signs
from marketplace.stocktakes.queries import find_challenge, find_stocktake, has_picture, left_in
from marketplace.stocktakes.rules import challenges as rules
from marketplace.stocktakes.rules.statements import Said, hash_of, read_statement, require_signed
from marketplace.stocktakes.rules.stocktakes import StocktakeState, outcome_of
from marketplace.stocktakes.words import FAULTS
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.events import sentence
from tenants.workspace import Workspace


def open_challenges(ws: Workspace, stocktake_id: UUID, *, together: int) -> list[Challenge]:
    """Take the next lots of a count: cards and sides are chosen now, and the time to show them runs from now, online or not.

    A lot whose time ran out may be taken again, with other cards, as long as attempts are left. Refuses more than five at once, and while some that were
    taken are still open.
    """
    ws.may("answer_challenge")
    if not 1 <= together <= rules.MOST_AT_ONCE:
        raise Invalid("together_out_of_range", "Between 1 and %(most)s lots at once.", field="together", most=rules.MOST_AT_ONCE)  # fmt: skip
    stocktake = _to_walk(ws, stocktake_id)
    rows = ws.session.scalars(_next(ws, stocktake.id).limit(together).with_for_update()).all()
    if not rows:
        raise Conflict("nothing_to_open", "Show the lots that you have taken first; there are no others to take now.")
    for row in rows:
        asked = rules.new_challenge(secrets.randbelow, row.path, ws.now, len(rows))
        row.attempts += 1 if row.opened_at else 0
        row.cards, row.view = list(asked.cards), asked.view.value
        row.opened_at, row.opened_by, row.expires_at = asked.opened_at, ws.member.name, asked.expires_at
    fact = ChallengesOpened(stocktake_id=stocktake.id, number=stocktake.number, lots=len(rows), expires_at=asked.expires_at)  # fmt: skip
    ws.record(fact, on=stocktake.id)
    return list(rows)


def answer_challenge(
    ws: Workspace, challenge_id: UUID, *, phone_id: UUID, photo: bytes, statement: str, signature: str
) -> Capture:
    """Take a picture for a lot. It is kept whatever it shows; only one without a fault answers the challenge.

    `statement` is what the phone signed, `signature` base64 of r and s. Refuses what the phone's key did not sign, a picture other than the signed one, a
    challenge that is not open, and a count that is over. The same statement again is the same capture.
    """
    ws.may("answer_challenge")
    challenge = find_challenge(ws, challenge_id, lock=True)
    stocktake = _to_walk(ws, challenge.stocktake_id)
    phone, said = phone_that_signs(ws, phone_id), read_statement(statement)
    signed = require_signed(phone.public_key, statement, signature)
    _require_this(said, challenge_id, photo)
    known = ws.session.scalars(select(Capture).where(Capture.statement_sha256 == hash_of(statement))).one_or_none()
    if known is not None:
        return known
    _require_open(challenge)
    capture = _captured(ws, challenge, phone, said, photo, statement, signed)
    if capture.accepted:
        _settle(ws, stocktake, challenge, capture)
    else:
        challenge.attempts += 1
        because = sentence(FAULTS[rules.Fault(capture.faults[0])])
        fact = CaptureRefused(stocktake_id=stocktake.id, number=stocktake.number, challenge_id=challenge.id, lot=challenge.lot_number, because=because)  # fmt: skip
        ws.record(fact, on=stocktake.id, evidence=[capture.id, capture.photo_sha256])
    return capture


def _to_walk(ws: Workspace, stocktake_id: UUID) -> Stocktake:
    stocktake = find_stocktake(ws, stocktake_id)
    if "walker" not in rooms.my_roles(ws, stocktake_id):
        raise NotFound("stocktake_unknown", "There is no such surprise count.")
    if stocktake.status != StocktakeState.ORDERED or ws.now > stocktake.due_at:
        raise Conflict("stocktake_over", "This surprise count is over.")
    return stocktake


def _next(ws: Workspace, stocktake_id: UUID) -> Select[Challenge]:
    """Not yet opened, or run out of time with an attempt left; in the order of the walk."""
    free = or_(Challenge.opened_at.is_(None), Challenge.expires_at < ws.now)
    wanted = select(Challenge).where(Challenge.stocktake_id == stocktake_id, Challenge.outcome.is_(None), free)
    return wanted.where(Challenge.attempts < rules.MOST_ATTEMPTS).order_by(Challenge.place)


def _require_this(said: Said, challenge_id: UUID, photo: bytes) -> None:
    if said.challenge_id != challenge_id:
        raise Invalid("statement_of_another", "The statement is about another challenge.", field="statement")
    if said.photo != sha256(photo).hexdigest():
        raise Invalid("photo_not_signed", "This is not the picture that was signed.", field="photo")


def _require_open(challenge: Challenge) -> None:
    if challenge.outcome is not None:
        raise Conflict("challenge_answered", "This lot was shown already.")
    if challenge.opened_at is None or challenge.attempts >= rules.MOST_ATTEMPTS:
        raise Conflict("challenge_not_open", "This lot is not to be shown now.")


def _captured(
    ws: Workspace, challenge: Challenge, phone: Phone, said: Said, photo: bytes, statement: str, signed: bytes
) -> Capture:
    asked, site = _asked(challenge), _place_of(ws, challenge.stocktake_id)
    shot = rules.Shot(
        path=said.path, taken_at=said.taken_at, received_at=ws.now, place=said.place, live=said.live, key_since=phone.enrolled_at,
        chained=said.previous == phone.head, seen_before=has_picture(ws, said.photo),
    )  # fmt: skip
    seen = ports.eyes().look(photo)
    faults, doubts = rules.faults_of(asked, seen, shot, site), rules.doubts_of(asked, seen, shot, site)
    name = f"{challenge.lot_number}-{ws.now:%Y%m%d-%H%M%S}.jpg"
    document = add_document(ws, object_id=challenge.lot_id, kind="photo", name=name, content=photo, media_type="image/jpeg")  # fmt: skip
    phone.sent, phone.head = phone.sent + 1, hash_of(statement)
    capture = Capture(
        tenant_id=ws.tenant_id, id=new_id(), lot_id=challenge.lot_id, stocktake_id=challenge.stocktake_id, challenge_id=challenge.id,
        document_id=document.id, phone_id=phone.id, fingerprint=phone.fingerprint, sequence=phone.sent, statement=statement,
        statement_sha256=hash_of(statement), photo_sha256=said.photo, signature=signed, counted=said.counted, unit=challenge.unit,
        latitude=said.place and f"{said.place.latitude:.6f}", longitude=said.place and f"{said.place.longitude:.6f}",
        accepted=not faults, grade=None if faults else rules.grade_of(doubts).value, faults=[*faults], doubts=[*doubts],
        taken_by=ws.member.name, taken_at=said.taken_at, received_at=ws.now,
    )  # fmt: skip
    ws.session.add(capture)
    ws.session.flush()
    return capture


def _settle(ws: Workspace, stocktake: Stocktake, challenge: Challenge, capture: Capture) -> None:
    """The lot was shown: what was counted of it, at most the book's, is what was found."""
    counted = Quantity(capture.counted, challenge.unit)
    challenge.found_qty = min(counted.amount, challenge.book_qty)
    challenge.outcome, challenge.answered_at = outcome_of(challenge.book, counted).value, ws.now
    ws.session.flush()
    fact = ChallengeAnswered(
        stocktake_id=stocktake.id, number=stocktake.number, challenge_id=challenge.id, lot=challenge.lot_number,
        found=Quantity(challenge.found_qty, challenge.unit), book=challenge.book, left=left_in(ws, stocktake.id),
    )  # fmt: skip
    ws.record(fact, on=stocktake.id, evidence=[capture.id, capture.photo_sha256, capture.statement_sha256])


def _asked(challenge: Challenge) -> rules.Challenge:
    cards, view, opened_at, expires_at = challenge.cards, challenge.view, challenge.opened_at, challenge.expires_at
    if not (cards and view and opened_at and expires_at):
        raise AssertionError("cards and side are chosen when a challenge is opened")
    return rules.Challenge(tuple(cards), rules.View(view), challenge.path, opened_at, expires_at)


def _place_of(ws: Workspace, stocktake_id: UUID) -> rules.Place | None:
    wanted = select(Site.latitude, Site.longitude).join(Stocktake, Stocktake.site_id == Site.id)
    latitude, longitude = ws.session.execute(wanted.where(Stocktake.id == stocktake_id)).one()
    return None if latitude is None or longitude is None else rules.Place(float(latitude), float(longitude))

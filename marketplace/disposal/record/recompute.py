#!/usr/bin/env python3
"""Recompute a sale from its public record, trusting nobody. Python 3.10 or newer and its standard library are enough; nothing is fetched.

    python3 recompute.py RECORD.json [RECEIPT.json ...] [--key HEX] [--zh]

It plays every bid through the published rules, follows the chain of hashes, opens the seal of the reserve, checks each signature (Ed25519, RFC 8032, written
out below) and compares winner and price. A receipt that a bidder kept is looked up in the record: a bid that was signed for and is missing or different
there is proof against the house. `--key`: the house's key as you know it from elsewhere; without it the record's own is taken. `--zh`: in Chinese.
Ends with 0 where all is as it should be, 1 where something is not, 2 where a file cannot be read.

This file shares no code with the house that wrote the record, on purpose; and it is one file, however long, so that it can be read and passed on as one.
"""

import hashlib
import io
import json
import sys
from datetime import datetime, timedelta
from typing import Any

Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z and T = X*Y/Z
Told = dict[str, Any]

# -- Ed25519: a signature (R, s) of a message M under the key A stands where s*B = R + H(R, A, M)*A on the curve -x^2 + y^2 = 1 + d*x^2*y^2 mod P.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(p: Point, q: Point) -> Point:
    """The sum of two points."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    """A point added to itself so many times."""
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def point_of(text: bytes) -> Point | None:
    """The point that 32 bytes stand for; None where there is none."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if len(text) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 1, 1, 0)


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` of `message` was made with the secret half of `key`; all bytes."""
    a, r, s = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or len(signature) != 64 or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    left, right = times(s, BASE), add(r, times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# -- What was written, hashed and signed


def text(*parts: object) -> bytes:
    return "\n".join(str(part) for part in parts).encode()


def receipt_text(auction: str, currency: str, bid: Told) -> bytes:
    facts = (bid["paddle"], bid["amount_minor"], currency, bid["outcome"], bid["at"], bid["hash"])
    return text("bailee bid receipt 1", auction, bid["sequence"], *facts)


def result_text(auction: str, result: Told) -> bytes:
    sold = ("", "") if result["price_minor"] is None else (result["price_minor"], result["paddle"])
    return text(
        "bailee sale result 1", auction, result["status"], *sold, result["ends_at"], result["bids"], result["head"]
    )


def outage_text(auction: str, told: Told) -> bytes:
    order = told.get("order") or {}
    return text(
        "bailee outage 1",
        auction,
        told["after"],
        told["began_at"],
        told["back_at"],
        told["resumes_at"],
        told["ends_at"],
        *(order[name] for name in ("ground", "ordered_by", "paper", "because", "through") if order),
    )


def moment(told: str) -> datetime:
    return datetime.strptime(told, "%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: DTZ007 every time in the record is UTC


# -- The sale, played again


DAY = timedelta(hours=24)
NO_RIGHT = 2**31 - 1


class Clocked:
    """What every sale has: times of its own, which an outage or an order moves by as much as it lasted."""

    rules: Told
    opens: datetime
    ends: datetime

    def length(self, name: str) -> timedelta:
        return timedelta(seconds=self.rules.get(f"{name}_seconds") or 0)

    def stand_still(self, told: Told) -> bool:
        """Let the sale stand as the rule says of this silence; whether the record says the same. Short: it goes on some minutes after the return. Long: at the
        same hour of a later day, a day ahead at least. What was ordered counts however short it was.
        """
        began, back = moment(told["began_at"]), moment(told["back_at"])
        silence, end = back - began, self.ends
        resumes = back + self.length("outage_notice")
        if silence > self.length("outage_longest"):
            resumes = began + DAY * -(-(silence + DAY) // DAY)
        self.shift(resumes - began)
        least = timedelta.resolution if told.get("order") else self.length("outage_counts")
        counts = self.opens <= began < end and silence >= least
        return counts and (moment(told["resumes_at"]), moment(told["ends_at"])) == (resumes, self.ends)

    def shift(self, stood: timedelta) -> None:
        self.ends += stood


class Sale(Clocked):
    """An English sale as its rules make it: it knows the next least bid, who leads up to which limit, and when it ends."""

    def __init__(self, rules: Told, reserve: int | None, rights: dict[int, int]) -> None:
        self.rules, self.reserve, self.rights = rules, reserve or 0, rights
        self.opens, self.ends = moment(rules["opens_at"]), moment(rules["closes_at"])
        self.standing = self.leader = self.held = 0

    def lines(self, bid: Told) -> list[tuple[int, int, str, str]]:
        """What a bid that somebody sent must write into the book: paddle, amount, outcome and origin; after its own line those of limits."""
        mine, amount, limit, at = bid["paddle"], bid["amount_minor"], bid["limit_minor"] or 0, moment(bid["at"])
        least = self.outdone(self.standing) if self.leader else self.rules["start_minor"]
        if at >= self.ends or at < self.opens:
            return [(mine, amount, "CLOSED" if at >= self.ends else "NOT_OPEN", "HAND")]
        if mine == self.leader and self.standing >= self.reserve:
            raised, self.held = limit > self.held, max(limit, self.held)
            return [(mine, self.standing, "RAISED", "HAND") if raised else (mine, amount, "LEADING", "HAND")]
        fate = "MATCHED" if self.leader and amount == self.standing and self.precedes(mine, self.leader) else "ACCEPTED"
        if fate != "MATCHED" and not least <= amount <= least * 10:
            return [(mine, amount, "TOO_LOW" if amount < least else "TOO_HIGH", "HAND")]
        told = self.meet(mine, amount, max(amount, limit))
        self.ends = max(self.ends, at + timedelta(seconds=self.rules["soft_close_seconds"]))
        book = [(mine, amount, fate, "HAND")]
        for paddle, price in told:
            matched = price == book[-1][1] and self.precedes(paddle, book[-1][0])
            book.append((paddle, price, "MATCHED" if matched else "ACCEPTED", "LIMIT"))
        return book

    def meet(self, mine: int, amount: int, most: int) -> list[tuple[int, int]]:
        """The higher limit leads, the earlier of equals, one step above what the other would have paid; a limit that reaches the reserve pays it."""
        rival, rival_held, stood, price, told = self.leader, self.held, self.standing, amount, []
        if rival in (0, mine):
            self.leader, self.held = mine, max(most, rival_held)
        elif most > rival_held or (most == rival_held and self.precedes(mine, rival)):
            self.leader, self.held = mine, most
            told += [(rival, rival_held)] if rival_held >= amount and rival_held > stood else []
            price = max(amount, min(most, rival_held if self.precedes(mine, rival) else self.outdone(rival_held)))
        else:
            told += [(mine, most)] if most > amount else []
            price = min(rival_held, most if self.precedes(rival, mine) else self.outdone(most))
        self.standing = max(price, self.reserve) if self.held >= self.reserve else price
        answered = self.leader != mine or self.standing > amount or (told and told[-1][0] == rival)
        return [*told, (self.leader, self.standing)] if answered else told

    def precedes(self, paddle: int, other: int) -> bool:
        """Whether a paddle buys at another's price, by a right of first refusal that comes first."""
        return paddle in self.rights and self.rights[paddle] < self.rights.get(other, self.rights[paddle] + 1)

    def outdone(self, price: int) -> int:
        """The least bid above a price, by the table of increments."""
        return price + int([step for floor, step in self.rules["increments"] if floor <= price][-1])

    def result(self) -> tuple[str, int | None, int | None]:
        """(status, price, paddle)"""
        sold = self.leader and self.standing >= self.reserve
        return ("SOLD", self.standing, self.leader) if sold else ("NO_SALE", None, None)


class Staged(Clocked):
    """A sale with a falling clock, with envelopes, or with both: what counts follows from the hour, from who stopped the clock, and from what was opened."""

    def __init__(self, record: Told) -> None:
        self.rules, self.reserve, self.rights = (
            record["rules"],
            record["opened"]["reserve_minor"] or 0,
            rights_of(record),
        )
        self.method, self.start = self.rules["method"], self.rules["start_minor"]
        self.opens, self.closes = moment(self.rules["opens_at"]), moment(self.rules["closes_at"])
        self.ends = self.closes + self.length("opening") if self.method.startswith("SEALED") else self.closes
        self.stood = timedelta(0)
        self.taker = self.taken = self.last_word = 0
        self.seals: dict[int, str] = {}  # in the order in which they were handed in
        self.opened: dict[int, int] = {}

    def shift(self, stood: timedelta) -> None:
        self.ends, self.closes, self.stood = self.ends + stood, self.closes + stood, self.stood + stood

    def stage(self, at: datetime) -> str:
        if at >= self.ends or at < self.opens:
            return "OVER" if at >= self.ends else "BEFORE"
        if self.method.startswith("SEALED"):
            return "SEALING" if at < self.closes else "OPENING"
        if not self.taker:  # of a fixed price, a clock that stands still
            return "CLOCK"
        if self.method == "FIXED":  # others may outbid who took it first
            return "BIDDING"
        best = self.ends - self.length("best")
        return "BEST" if at >= best else "OPENING" if at >= best - self.length("opening") else "SEALING"

    def clock(self, at: datetime) -> int:
        if self.method == "FIXED":
            return int(self.start)
        drops = (at - self.opens - self.stood) // self.length("drop")
        return max(int(self.rules["floor_minor"]), int(self.start - self.rules["drop_minor"] * drops))

    def lines(self, bid: Told) -> list[tuple[int, int, str, str]]:
        """The line that an act must write. A refused envelope tells no amount, so that whichever act it was, one of them must have had this fate."""
        at, stage = moment(bid["at"]), self.stage(moment(bid["at"]))
        acts = (
            [self.bid]
            if bid["outcome"] in ("ACCEPTED", "TOO_LOW", "TOO_HIGH", "NOT_TAKER") or bid["amount_minor"]
            else [self.seal, self.open]
        )
        acts = [self.open] if bid["outcome"] in ("OPENED", "SEAL_WRONG") else acts
        fates = [act(bid, stage, at) for act in acts]
        fate = bid["outcome"] if bid["outcome"] in fates else fates[0]
        self.follow(bid, fate, stage, at)
        price = self.taken if fate == "ACCEPTED" and stage == "CLOCK" else bid["amount_minor"]
        return [(bid["paddle"], price, fate, "HAND")]

    def bid(self, bid: Told, stage: str, at: datetime) -> str:
        if stage in ("OVER", "BEFORE", "SEALING", "OPENING"):
            return {"OVER": "CLOSED", "BEFORE": "NOT_OPEN"}.get(stage, "ENVELOPES")
        if stage == "CLOCK":
            return "TOO_LOW" if bid["amount_minor"] < self.clock(at) else "ACCEPTED"
        if stage == "BIDDING" and bid["paddle"] == self.taker:
            return "LEADING"
        if stage == "BIDDING" and self.matches(bid):
            return "MATCHED"
        if stage == "BEST" and (bid["paddle"] != self.taker or self.standing()[0] == self.taker):
            return "NOT_TAKER" if bid["paddle"] != self.taker else "LEADING"
        least = self.outdone(self.standing()[1])
        return (
            "TOO_LOW" if bid["amount_minor"] < least else "TOO_HIGH" if bid["amount_minor"] > least * 10 else "ACCEPTED"
        )

    def seal(self, bid: Told, stage: str, _at: datetime) -> str:
        if stage != "SEALING":
            return "NOT_OPEN" if stage in ("BEFORE", "CLOCK") else "CLOSED"
        return (
            "LEADING" if bid["paddle"] == self.taker else "SEALED_ALREADY" if bid["paddle"] in self.seals else "SEALED"
        )

    def open(self, bid: Told, stage: str, _at: datetime) -> str:
        if stage != "OPENING":
            return "CLOSED" if stage in ("OVER", "BEST") else "NOT_OPEN"
        if bid["paddle"] not in self.seals or bid["paddle"] in self.opened:
            return "OPENED_ALREADY" if bid["paddle"] in self.opened else "NO_ENVELOPE"
        return "OPENED" if bid["limit_seal"] == self.seals[bid["paddle"]] else "SEAL_WRONG"

    def follow(self, bid: Told, fate: str, stage: str, at: datetime) -> None:
        if fate == "ACCEPTED" and stage == "CLOCK":
            self.taker, self.taken = bid["paddle"], self.clock(at)
            self.ends = (
                at + self.length("sealing") + self.length("opening") + self.length("best") + self.length("contest")
            )
        elif fate in ("ACCEPTED", "MATCHED") and stage == "BIDDING":
            self.taker, self.last_word = bid["paddle"], bid["amount_minor"]
            self.ends = max(self.ends, at + self.length("soft_close"))
        elif fate == "ACCEPTED":
            self.last_word = bid["amount_minor"]
        elif fate == "SEALED":
            self.seals[bid["paddle"]] = bid["limit_seal"]
        elif fate == "OPENED":
            self.opened[bid["paddle"]] = bid["amount_minor"]

    def matches(self, bid: Told) -> bool:
        """Whether a right of first refusal, coming before the leader's, is used at the price that stands."""
        mine, leader = (self.rights.get(paddle, NO_RIGHT) for paddle in (bid["paddle"], self.taker))
        return mine < leader and bid["amount_minor"] == self.standing()[1]

    def outdone(self, price: int) -> int:
        return price + int([step for floor, step in self.rules["increments"] if floor <= price][-1])

    def standing(self) -> tuple[int, int]:
        """(paddle, price); the paddle is 0 where nothing stands"""
        if self.last_word:
            return self.taker, self.last_word
        least = self.outdone(self.taken) if self.taker else max(self.start, self.reserve)
        ranked = [(self.opened[paddle], paddle) for paddle in self.seals if self.opened.get(paddle, 0) >= least]
        if not ranked:
            return self.taker, self.taken
        best = max(ranked, key=lambda one: one[0])  # of equals the first one, and that is the earlier envelope
        others = [amount for amount, paddle in ranked if paddle != best[1]]
        return best[1], max([least, *others]) if self.method == "SEALED_SECOND" else best[0]

    def result(self) -> tuple[str, int | None, int | None]:
        paddle, price = self.standing()
        return ("SOLD", price, paddle) if paddle else ("NO_SALE", None, None)


class Talks(Clocked):
    """A negotiated sale: in each room, known by its paddle, at most one offer stands, for as long as was published, until the other side accepts one."""

    def __init__(self, rules: Told) -> None:
        self.rules, self.opens, self.ends = rules, moment(rules["opens_at"]), moment(rules["closes_at"])
        self.rooms: dict[int, tuple[str, int, datetime]] = {}  # who offered, how much, until when
        self.bargain: tuple[int, int] | None = None

    def lines(self, bid: Told) -> list[tuple[int, int, str, str]]:
        """The line as it was written where it may be so; none that could be where the rules do not allow it."""
        at, mine, fate = moment(bid["at"]), bid["paddle"], bid["outcome"]
        who, stands, until = self.rooms.get(mine, ("", 0, self.opens))
        stood, own = bool(who) and at < until, who == bid["origin"]
        fits = self.opens <= at < self.ends and self.bargain is None
        if fate == "OFFERED":
            price, better = bid["limit_minor"] or 0, 1 if bid["origin"] == "HAND" else -1
            fits = (
                fits and price >= self.rules["start_minor"] and not (stood and own and (price - stands) * better <= 0)
            )
            self.rooms[mine] = (bid["origin"], price, min(at + self.length("answer"), self.ends))
        else:
            price = stands if fate == "ACCEPTED" else 0
            fits = fits and stood and fate in ("ACCEPTED", "DECLINED", "WITHDRAWN") and own == (fate == "WITHDRAWN")
            self.rooms.pop(mine, None)
        if fits and fate == "ACCEPTED":
            self.bargain, self.ends = (mine, price), at
        amount = price if fate == "ACCEPTED" else 0
        return (
            [(mine, amount, fate, bid["origin"])]
            if fits and bid["origin"] in ("HAND", "SELLER")
            else [(mine, amount, "NOT_SO", "")]
        )

    def result(self) -> tuple[str, int | None, int | None]:
        return ("SOLD", self.bargain[1], self.bargain[0]) if self.bargain else ("NO_SALE", None, None)


def sale_of(record: Told) -> "Sale | Staged | Talks":
    if record["rules"]["method"] == "NEGOTIATED":
        return Talks(record["rules"])
    rising = record["rules"]["method"] == "ENGLISH"
    return Sale(record["rules"], record["opened"]["reserve_minor"], rights_of(record)) if rising else Staged(record)


def rights_of(record: Told) -> dict[int, int]:
    """The order of each right of first refusal, by the paddle under which its holder took part."""
    return {one["paddle"]: one["order"] for one in record.get("first_refusals", []) if one["paddle"]}


# -- The questions


class Findings:
    """What was found, in the reader's language."""

    def __init__(self, chinese: bool) -> None:
        self.column, self.wrong = 1 if chinese else 0, 0

    def check(self, right: bool, name: str, wrong_name: str, *facts: object) -> None:
        self.wrong += not right
        print(("  " if right else "! ") + WORDS[name if right else wrong_name][self.column].format(*facts))


def recompute(record: Told, key: bytes, found: Findings) -> None:
    """All that the record claims, one by one."""
    auction, currency, bids = record["auction"]["id"], record["rules"]["currency"], record["bids"]
    result, cancelled = record["result"], record["result"]["status"] == "CANCELLED"
    follow_chain(auction, bids, record["commitments"]["first_link"], result, found)
    open_seals(record, cancelled, found)
    sale = sale_of(record)
    first_end = f"{sale.ends:%Y-%m-%dT%H:%M:%S.%fZ}"
    strayed = 0 if cancelled else replay(sale, record, found)
    moved = moves(first_end, record)
    told = [(one["sequence"], one["ends_at"]) for one in record["extensions"]]
    found.check(moved == told, "extensions", "extensions_wrong", len(moved))
    if not cancelled:
        ours, theirs = sale.result(), (result["status"], result["price_minor"], result["paddle"])
        ended = sale.ends == moment(result["ends_at"])
        found.check(ours == theirs and ended and not strayed, "result", "result_wrong", *ours)
    outages = record["outages"]
    whole = all(is_signed(key, outage_text(auction, one), bytes.fromhex(one["signature"])) for one in outages)
    found.check(whole, "outages_signed", "outages_unsigned", len(outages))
    signed = [is_signed(key, receipt_text(auction, currency, bid), bytes.fromhex(bid["signature"])) for bid in bids]
    found.check(all(signed), "signatures", "signatures_wrong", sum(signed), len(bids))
    whole = is_signed(key, result_text(auction, result), bytes.fromhex(result["signature"]))
    found.check(whole, "result_signed", "result_unsigned")


def follow_chain(auction: str, bids: list[Told], first: str, result: Told, found: Findings) -> None:
    """Each bid's hash covers the bid and the hash before it, from the auction's own number to the head that was announced with the hammer."""
    link = hashlib.sha256(auction.encode()).digest()
    found.check(link.hex() == first, "chain_begins", "chain_begins_elsewhere")
    for place, bid in enumerate(bids, 1):
        facts = [bid[name] for name in ("paddle", "amount_minor", "outcome", "origin", "limit_seal", "at", "ends_at")]
        link = hashlib.sha256(link + text(auction, place, *("" if fact is None else fact for fact in facts))).digest()
        if (bid["sequence"], bid["hash"]) != (place, link.hex()):
            found.check(False, "", "bid_altered" if bid["sequence"] == place else "bid_missing", place)
            return
    found.check((len(bids), link.hex()) == (result["bids"], result["head"]), "chain", "chain_short", len(bids))


def open_seals(record: Told, cancelled: bool, found: Findings) -> None:
    """The reserve that was sealed with the terms, and the limits that were sealed with their bids, are those that are told now."""
    auction, sealed, told = record["auction"]["id"], record["commitments"], record["opened"]
    opened = ("bailee reserve 1", auction, told["reserve_minor"], record["rules"]["currency"], told["reserve_salt"])
    if sealed["reserve_seal"] is None:
        found.check(told["reserve_minor"] is None, "seal_none", "seal_wrong")
    elif not cancelled:
        found.check(
            hashlib.sha256(text(*opened)).hexdigest() == sealed["reserve_seal"], "seal", "seal_wrong", opened[2]
        )
    limits = (
        []
        if cancelled
        else [bid for bid in record["bids"] if bid["outcome"] != "SEALED" and (bid["limit_seal"] or bid["limit_minor"])]
    )
    false = [
        bid["sequence"]
        for bid in limits
        if bid["limit_seal"] != hashlib.sha256(what_was_sealed(record, bid)).hexdigest()
    ]
    found.check(not false, "limits", "limits_wrong", len(limits), ", ".join(map(str, false)))


def what_was_sealed(record: Told, bid: Told) -> bytes:
    """A limit by its place in the book; an envelope by its paddle, since its bidder's own machine sealed it before it had a place."""
    auction, currency = record["auction"]["id"], record["rules"]["currency"]
    if bid["outcome"] in ("OPENED", "SEAL_WRONG"):
        return text("bailee envelope 1", auction, bid["paddle"], bid["amount_minor"], currency, bid["limit_salt"])
    return text("bailee limit 1", auction, bid["sequence"], bid["limit_minor"], bid["limit_salt"])


def moves(first_end: str, record: Told) -> list[tuple[int, str]]:
    """Which lines of the book moved the end, and where to; what an outage moved, no bid did."""
    end, found, halts = first_end, [], list(record["outages"])
    for bid in record["bids"]:
        while halts and halts[0]["after"] < bid["sequence"]:
            end = halts.pop(0)["ends_at"]
        if bid["ends_at"] != end:
            found.append((bid["sequence"], bid["ends_at"]))
        end = bid["ends_at"]
    return found


def replay(sale: "Sale | Staged | Talks", record: Told, found: Findings) -> int:
    """How many lines of the book are not what the rules make of the bids that were sent, and of the times at which the sale stood still."""
    strayed, false, due = [], 0, list[tuple[int, int, str, str]]()
    bids, halts = record["bids"], list(record["outages"])
    for bid in bids:
        while halts and halts[0]["after"] < bid["sequence"]:
            false += not stood_by_rule(sale, halts.pop(0), bids)
        due = due or sale.lines(bid)
        line = (bid["paddle"], bid["amount_minor"], bid["outcome"], bid["origin"])
        strayed += [] if (due.pop(0), sale.ends) == (line, moment(bid["ends_at"])) else [bid["sequence"]]
    strayed += [len(bids) + 1] if due else []
    false += sum(not stood_by_rule(sale, one, bids) for one in halts)
    found.check(not strayed, "replayed", "replay_strays", len(bids), ", ".join(map(str, strayed[:5])))
    found.check(not false, "outages", "outages_wrong", len(record["outages"]), false)
    return len(strayed) + false


def stood_by_rule(sale: "Sale | Staged | Talks", halt: Told, bids: list[Told]) -> bool:
    """Whether the sale stood still as its rule says, every line of the book lying before the silence or after it went on."""
    ruled = sale.stand_still(halt)
    began, resumes = moment(halt["began_at"]), moment(halt["resumes_at"])
    before = [moment(bid["at"]) <= began for bid in bids if bid["sequence"] <= halt["after"]]
    behind = [moment(bid["at"]) >= resumes for bid in bids if bid["sequence"] > halt["after"]]
    return ruled and all(before + behind)


def look_up(receipt: Told, record: Told, key: bytes, found: Findings) -> None:
    """A bidder's own receipt against the record."""
    signed = receipt_text(receipt["auction"], receipt["currency"], receipt)
    names = ("sequence", "paddle", "amount_minor", "outcome", "at", "hash")
    there = any(all(bid[name] == receipt[name] for name in names) for bid in record["bids"])
    fault = "receipt_proves"
    if not is_signed(key, signed, bytes.fromhex(receipt["signature"])):
        fault, there = "receipt_false", False
    if receipt["auction"] != record["auction"]["id"]:
        fault, there = "receipt_elsewhere", False
    found.check(there, "receipt", fault, receipt["sequence"])


WORDS = {
    "chain": ("the chain of {0} bids closes on the announced head", "{0} 次出价的哈希链与公布的链头一致"),
    "chain_begins": ("the chain begins with this auction", "哈希链从本场拍卖开始"),
    "chain_begins_elsewhere": ("the chain does not begin with this auction", "哈希链并非从本场拍卖开始"),
    "bid_missing": ("bid {0} is missing", "缺少第 {0} 次出价"),
    "bid_altered": ("bid {0} was altered, or one before it removed", "第 {0} 次出价被改动，或其前有出价被删除"),
    "chain_short": ("the chain of {0} bids does not end where the result says", "{0} 次出价的哈希链与结果所述的链头不符"),
    "seal": ("the seal of the reserve opens to {0} minor units", "保留价封印可开启，为 {0}（最小货币单位）"),
    "limits": ("{0} limits and envelopes are as they were sealed", "{0} 个出价上限和密封报价与封存时一致"),
    "limits_wrong": ("limits or envelopes that are not what was sealed: {1}", "出价上限或密封报价与封存的不一致：{1}"),
    "seal_none": ("no reserve to open", "没有需要开启的保留价"),
    "seal_wrong": ("the reserve is not the one that was sealed", "保留价与当初封存的不一致"),
    "replayed": ("every bid met the fate that the rules give it", "每次出价的结果均符合规则"),
    "replay_strays": ("not every bid met the fate that the rules give it: {1}", "有出价的结果不符合规则：{1}"),
    "extensions": ("the end moved {0} times, as told", "结束时间延长 {0} 次，与记录一致"),
    "extensions_wrong": ("the end moved {0} times by the bids, and otherwise by the record", "按出价结束时间延长 {0} 次，与记录不符"),
    "outages": ("the sale stood still {0} times, each as its rule says", "本场暂停 {0} 次，均符合公布的规则"),
    "outages_wrong": ("of the {0} times that the sale stood still, {1} are not as its rule says", "本场暂停的 {0} 次中，有 {1} 次不符合公布的规则"),
    "outages_signed": ("{0} standstills bear the house's signature", "{0} 次暂停带有平台签名"),
    "outages_unsigned": ("not each of the {0} standstills bears the house's signature", "{0} 次暂停并非全部带有平台签名"),
    "result": ("recomputed: {0}, price {1}, paddle {2}; the record says the same", "重新计算：{0}，价格 {1}，号牌 {2}；与记录一致"),
    "result_wrong": ("recomputed: {0}, price {1}, paddle {2}; the record does not follow from its bids", "重新计算：{0}，价格 {1}，号牌 {2}；记录与其出价不符"),
    "signatures": ("{0} of {1} bids bear the house's signature", "{1} 次出价中 {0} 次带有平台签名"),
    "signatures_wrong": ("only {0} of {1} bids bear the house's signature", "{1} 次出价中只有 {0} 次带有平台签名"),
    "result_signed": ("the result bears the house's signature", "结果带有平台签名"),
    "result_unsigned": ("the result does not bear the house's signature", "结果没有平台签名"),
    "receipt": ("receipt of bid {0}: signed, and in the record as it was", "第 {0} 次出价的回执：签名有效，与记录一致"),
    "receipt_elsewhere": ("receipt of bid {0}: of another auction", "第 {0} 次出价的回执：属于另一场拍卖"),
    "receipt_false": ("receipt of bid {0}: not signed by this house", "第 {0} 次出价的回执：不是本平台签名"),
    "receipt_proves": ("receipt of bid {0}: SIGNED BY THE HOUSE AND NOT IN THE RECORD AS IT WAS", "第 {0} 次出价的回执：平台已签名，但记录中没有或已不同"),
    "right": ("All of it holds.", "全部成立。"),
    "wrong": ("{0} of these do not hold.", "有 {0} 项不成立。"),
}  # fmt: skip


def main(arguments: list[str]) -> int:
    files = [one for one in arguments if not one.startswith("--")]
    options = [one for one in arguments if one.startswith("--")]
    found = Findings("--zh" in options)
    if "--key" in options:
        files.remove(known := arguments[arguments.index("--key") + 1])
    try:
        record, *receipts = [json.load(open(name, encoding="utf-8")) for name in files]  # noqa: SIM115 closed at the end
        receipts = [one for told in receipts for one in told.get("receipts", [told])]
        key = bytes.fromhex(known if "--key" in options else record["key"])
        print(record["auction"]["number"], record["auction"]["title"])
        recompute(record, key, found)
        for receipt in receipts:
            look_up(receipt, record, key, found)
    except (OSError, LookupError, AttributeError, TypeError, ValueError) as trouble:
        print(f"{type(trouble).__name__}: {trouble}", file=sys.stderr)
        return 2
    print(WORDS["wrong" if found.wrong else "right"][found.column].format(found.wrong))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Recompute a sale from its public record, trusting nobody. Python 3.10 or newer and its standard library are enough; nothing is fetched.

    python3 recompute.py RECORD.json [RECEIPT.json ...] [--key HEX] [--zh]

It plays every bid through the published rules, follows the chain of hashes, opens the seal of the reserve, checks each signature (Ed25519, RFC 8032, written
out below) and compares winner and price. A receipt that a bidder kept is looked up in the record: a bid that was signed for and is missing or different
there is proof against the house. `--key`: the house's key as you know it from elsewhere; without it the record's own is taken. `--zh`: in Chinese.
Ends with 0 where all is as it should be, 1 where something is not, 2 where a file cannot be read.

This file shares no code with the house that wrote the record, on purpose.
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


def moment(told: str) -> datetime:
    return datetime.strptime(told, "%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: DTZ007 every time in the record is UTC


# -- The sale, played again


class Sale:
    """An English sale as its rules make it: it knows the next least bid, who leads, and when it ends."""

    def __init__(self, rules: Told, reserve: int | None) -> None:
        self.rules, self.reserve = rules, reserve or 0
        self.opens, self.ends = moment(rules["opens_at"]), moment(rules["closes_at"])
        self.standing: int | None = None
        self.leader: int | None = None

    def fate(self, bid: Told) -> str:
        """What has to become of a bid, and what it changes."""
        at, least = moment(bid["at"]), self.least
        if at >= self.ends:
            return "CLOSED"
        if at < self.opens:
            return "NOT_OPEN"
        if bid["paddle"] == self.leader and self.reserve_met:
            return "LEADING"
        if bid["amount_minor"] < least:
            return "TOO_LOW"
        if bid["amount_minor"] > least * 10:
            return "TOO_HIGH"
        self.standing, self.leader = bid["amount_minor"], bid["paddle"]
        self.ends = max(self.ends, at + timedelta(seconds=self.rules["soft_close_seconds"]))
        return "ACCEPTED"

    @property
    def least(self) -> int:
        least: int = self.rules["start_minor"] if self.standing is None else self.standing + self.rules["step_minor"]
        return least

    @property
    def reserve_met(self) -> bool:
        return self.standing is not None and self.standing >= self.reserve

    def result(self) -> tuple[str, int | None, int | None]:
        """(status, price, paddle)"""
        return ("SOLD", self.standing, self.leader) if self.reserve_met else ("NO_SALE", None, None)


# -- The questions


class Findings:
    """What was found, in the reader's language."""

    def __init__(self, chinese: bool) -> None:
        self.column, self.wrong = 1 if chinese else 0, 0

    def tell(self, name: str, *facts: object) -> None:
        print("  " + WORDS[name][self.column].format(*facts))

    def fault(self, name: str, *facts: object) -> None:
        self.wrong += 1
        print("! " + WORDS[name][self.column].format(*facts))

    def check(self, right: bool, name: str, wrong_name: str, *facts: object) -> None:
        (self.tell if right else self.fault)(name if right else wrong_name, *facts)


def recompute(record: Told, key: bytes, found: Findings) -> None:
    """All that the record claims, one by one."""
    auction, currency, bids = record["auction"]["id"], record["rules"]["currency"], record["bids"]
    result, cancelled = record["result"], record["result"]["status"] == "CANCELLED"
    follow_chain(auction, bids, record["commitments"]["first_link"], result, found)
    open_seal(record, cancelled, found)
    sale = Sale(record["rules"], record["opened"]["reserve_minor"])
    strayed = replay(sale, bids, found) if not cancelled else 0
    moved = [(bid["sequence"], bid["ends_at"]) for before, bid in zip([None, *bids], bids, strict=False)
             if bid["ends_at"] > (before["ends_at"] if before else record["rules"]["closes_at"])]  # fmt: skip
    told = [(one["sequence"], one["ends_at"]) for one in record["extensions"]]
    found.check(moved == told, "extensions", "extensions_wrong", len(moved))
    if not cancelled:
        ours, theirs = sale.result(), (result["status"], result["price_minor"], result["paddle"])
        found.check(ours == theirs and not strayed, "result", "result_wrong", *ours)
    signed = [is_signed(key, receipt_text(auction, currency, bid), bytes.fromhex(bid["signature"])) for bid in bids]
    found.check(all(signed), "signatures", "signatures_wrong", sum(signed), len(bids))
    whole = is_signed(key, result_text(auction, result), bytes.fromhex(result["signature"]))
    found.check(whole, "result_signed", "result_unsigned")


def follow_chain(auction: str, bids: list[Told], first: str, result: Told, found: Findings) -> None:
    """Each bid's hash covers the bid and the hash before it, from the auction's own number to the head that was announced with the hammer."""
    link = hashlib.sha256(auction.encode()).digest()
    if link.hex() != first:
        found.fault("chain_begins_elsewhere")
        return
    for place, bid in enumerate(bids, 1):
        if bid["sequence"] != place:
            found.fault("bid_missing", place)
            return
        facts = (bid["paddle"], bid["amount_minor"], bid["outcome"], bid["at"], bid["ends_at"])
        link = hashlib.sha256(link + text(auction, place, *facts)).digest()
        if link.hex() != bid["hash"]:
            found.fault("bid_altered", place)
            return
    found.check((len(bids), link.hex()) == (result["bids"], result["head"]), "chain", "chain_short", len(bids))


def open_seal(record: Told, cancelled: bool, found: Findings) -> None:
    """The reserve that was sealed when the sale was announced is the reserve that is told now."""
    seal, amount, salt = (record[part][name] for part, name in
                          (("commitments", "reserve_seal"), ("opened", "reserve_minor"), ("opened", "reserve_salt")))  # fmt: skip
    if seal is None or (cancelled and salt is None):
        found.check(seal is not None or amount is None, "seal_none", "seal_wrong")
        return
    opened = text("bailee reserve 1", record["auction"]["id"], amount, record["rules"]["currency"], salt)
    found.check(hashlib.sha256(opened).hexdigest() == seal, "seal", "seal_wrong", amount)


def replay(sale: Sale, bids: list[Told], found: Findings) -> int:
    """How many bids met another fate, or left another end, than the rules give them."""
    strayed = [
        bid["sequence"] for bid in bids if (sale.fate(bid), sale.ends) != (bid["outcome"], moment(bid["ends_at"]))
    ]
    found.check(not strayed, "replayed", "replay_strays", len(bids), ", ".join(map(str, strayed[:5])))
    return len(strayed)


def look_up(receipt: Told, record: Told, key: bytes, found: Findings) -> None:
    """A bidder's own receipt against the record."""
    place = receipt["sequence"]
    if receipt["auction"] != record["auction"]["id"]:
        found.fault("receipt_elsewhere", place)
        return
    if not is_signed(
        key, receipt_text(receipt["auction"], receipt["currency"], receipt), bytes.fromhex(receipt["signature"])
    ):
        found.fault("receipt_false", place)
        return
    names = ("sequence", "paddle", "amount_minor", "outcome", "at", "hash")
    there = [bid for bid in record["bids"] if all(bid[name] == receipt[name] for name in names)]
    found.check(bool(there), "receipt", "receipt_proves", place)


WORDS = {
    "title": ("{0} {1}: {2} bids", "{0} {1}：{2} 次出价"),
    "chain": ("the chain of {0} bids closes on the announced head", "{0} 次出价的哈希链与公布的链头一致"),
    "chain_begins_elsewhere": ("the chain does not begin with this auction", "哈希链并非从本场拍卖开始"),
    "bid_missing": ("bid {0} is missing", "缺少第 {0} 次出价"),
    "bid_altered": ("bid {0} was altered, or one before it removed", "第 {0} 次出价被改动，或其前有出价被删除"),
    "chain_short": ("the chain of {0} bids does not end where the result says", "{0} 次出价的哈希链与结果所述的链头不符"),
    "seal": ("the seal of the reserve opens to {0} minor units", "保留价封印可开启，为 {0}（最小货币单位）"),
    "seal_none": ("no reserve to open", "没有需要开启的保留价"),
    "seal_wrong": ("the reserve is not the one that was sealed", "保留价与当初封存的不一致"),
    "replayed": ("every bid met the fate that the rules give it", "每次出价的结果均符合规则"),
    "replay_strays": ("not every bid met the fate that the rules give it: {1}", "有出价的结果不符合规则：{1}"),
    "extensions": ("the end moved {0} times, as told", "结束时间延长 {0} 次，与记录一致"),
    "extensions_wrong": ("the end moved {0} times by the bids, and otherwise by the record", "按出价结束时间延长 {0} 次，与记录不符"),
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
        receipts = [
            one for told in receipts for one in (told.get("receipts", [told]) if isinstance(told, dict) else told)
        ]
        key = bytes.fromhex(known if "--key" in options else record["key"])
        print(
            WORDS["title"][found.column].format(
                record["auction"]["number"], record["auction"]["title"], len(record["bids"])
            )
        )
        recompute(record, key, found)
        for receipt in receipts:
            look_up(receipt, record, key, found)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as trouble:
        print(f"{type(trouble).__name__}: {trouble}", file=sys.stderr)
        return 2
    print(WORDS["wrong" if found.wrong else "right"][found.column].format(found.wrong))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))

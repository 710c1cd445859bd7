"""The reconciliation at the end of the story: what a bank's auditor would ask, answered from the record."""

from dataclasses import dataclass
from decimal import Decimal

from integrations.demo.story import Story
from integrations.demo.trades import SHORT, TRADES


@dataclass(frozen=True)
class Finding:
    """One question, whether it holds, and the figures."""

    question: str
    holds: bool
    figures: str


def reconcile(story: Story) -> list[Finding]:
    """Ask everything."""
    return [
        quantities(story),
        *books(story),
        waterfall(story),
        fees(story),
        papers(story),
        *chains(story),
        deliveries(story),
    ]


def quantities(story: Story) -> Finding:
    """What came in is what is there, plus what left."""
    came = left = there = Decimal(0)
    for lot in story.lots:
        now = story.line.get("sme", f"/lots/{lot['id']}")
        came += Decimal(lot["verified"]["amount"])
        left += Decimal(now["departed"]["amount"])
        there += Decimal(now["verified"]["amount"])
    return Finding("quantities are conserved", came == left + there, f"{came} t in = {left} t out + {there} t there")


def books(story: Story) -> list[Finding]:
    """Debits equal credits, and nothing is left on the way."""
    book = story.line.get("officer", f"/deals/{story.deal}/trial-balance")
    debits, credit = Decimal(book["debits"]["amount"]), Decimal(book["credits"]["amount"])
    return [Finding("debits equal credits", debits == credit > 0, f"CNY {debits:,.2f} = CNY {credit:,.2f}")]


def waterfall(story: Story) -> Finding:
    """What was distributed is what came in, to the fen."""
    statement = story.line.get("officer", f"/auctions/{story.auction}/distribution")
    paid = sum((Decimal(line["paid"]["amount"]) for line in statement["lines"]), Decimal(0))
    receipts = Decimal(statement["receipts"]["amount"])
    return Finding("the waterfall equals the receipts", paid == receipts, f"CNY {paid:,.2f} = CNY {receipts:,.2f}")


def fees(story: Story) -> Finding:
    """Each fen of what was invoiced is open, paid, taken back or written off."""
    invoiced = placed = Decimal(0)
    for one in story.line.get("operator", "/fee-invoices")["items"]:
        here = story.line.get("operator", f"/fee-invoices/{one['id']}")["position"]
        invoiced += Decimal(one["total"]["amount"])
        placed += sum(Decimal(here[place]["amount"]) for place in ("open", "paid", "credited", "written_off"))
    return Finding("fees are accounted for", invoiced == placed > 0, f"CNY {invoiced:,.2f} = CNY {placed:,.2f}")


def papers(story: Story) -> Finding:
    """The four flows of each trade agree, but for the one that the story tells of."""
    trades = story.line.get("officer", f"/deals/{story.deal}/trades")["items"]
    broken = [one["number"] for one in trades if one["state"] != "MATCHED"]
    holds = len(trades) == TRADES and [number.split("-")[0] for number in broken] == [SHORT]
    return Finding(
        "the four flows agree", holds, f"{len(trades)} trades, of which broken: {', '.join(broken) or 'none'}"
    )


def chains(story: Story) -> list[Finding]:
    """The hash chains of the deal, the lots and the sale hold."""
    streams = {"deal": story.deal, "sale": story.auction, "talks": story.talks} | {
        lot["number"]: lot["id"] for lot in story.lots
    }
    found = []
    for name, stream in streams.items():
        broken = story.line.get("officer", f"/streams/{stream}/chain")["broken_at"]
        found.append(
            Finding(f"the chain of {name} holds", not broken, f"broken at {broken}" if broken else "every link follows")
        )
    return found


def deliveries(story: Story) -> Finding:
    """Nothing that is due is undone."""
    waiting = story.line.get("operator", "/clock")["waiting"]
    return Finding("deliveries are done", waiting == 0, f"{waiting} waiting")

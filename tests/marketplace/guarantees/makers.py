"""Undertakings for tests: a loan with a core enterprise behind it, and what that enterprise undertakes."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from marketplace.guarantees import actions
from marketplace.guarantees.models import Guarantee
from marketplace.guarantees.queries import find_guarantee, tally_of
from marketplace.guarantees.rules import Tally
from tenants.approvals import Approval
from tests.factories import Firm, World
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan, decided, yuan


@dataclass
class AGuarantee:
    """An undertaking: whose, and behind which deal."""

    deal: ADeal
    core: Firm
    id: UUID

    @property
    def row(self) -> Guarantee:
        """As it stands now."""
        with self.deal.bank.operator.ws(read_only=True) as ws:
            return find_guarantee(ws, self.id)

    @property
    def tally(self) -> Tally:
        """In figures."""
        with self.deal.bank.operator.ws(read_only=True) as ws:
            return tally_of(ws, find_guarantee(ws, self.id))

    def given(self) -> "AGuarantee":
        """By two people of the core enterprise."""
        with self.core.operator.ws() as ws:
            proposal = actions.propose_giving(ws, self.id)
        decided(self.core, proposal)
        return self

    def claimed(self) -> "AGuarantee":
        """By two officers of the bank."""
        decided(self.deal.bank, self.proposed_claim())
        return self

    def proposed_claim(self) -> Approval:
        """Waiting for the second officer."""
        with self.deal.bank.operator.ws() as ws:
            return actions.propose_claim(ws, self.id)

    def pays(self, amount: str, reference: str) -> None:
        """The core enterprise's money came in at the bank."""
        with self.deal.bank.operator.ws() as ws:
            actions.record_payment(ws, self.id, amount=yuan(amount), reference=reference)
        self.deal.world.work()


def a_backed_loan(world: World, *, drawn: str = "1000000.00", tonnes: str = "100.000", limit: str = "1300000.00") -> tuple[ADeal, Firm]:  # fmt: skip
    """A running loan of a deal that names a core enterprise."""
    core = world.firm("CORE_ENTERPRISE")
    request = a_request(world, core=core, amount=drawn, tonnes=tonnes)
    return a_running_loan(world, drawn=drawn, deal=request, limit=limit), core


def asked(deal: ADeal, core: Firm, kind: str, amount: str, *, until: date | None = None) -> AGuarantee:
    """The bank asks for it."""
    last_day = until or deal.world.now.date() + timedelta(days=60)
    with deal.bank.operator.ws() as ws:
        row = actions.ask_guarantee(ws, deal.deal_id, kind=kind, amount=yuan(amount), until=last_day, pay_days=5, subject="Contract PO-118")  # fmt: skip
        return AGuarantee(deal, core, row.id)

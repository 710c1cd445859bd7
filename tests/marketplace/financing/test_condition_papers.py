"""A condition precedent is shown by a paper of the deal that could show it."""

from uuid import uuid4

import pytest

from marketplace.financing import actions
from marketplace.financing.queries import condition_records
from tenants.errors import Invalid, NotFound
from tests.factories import World
from tests.marketplace.documents.makers import PDF, a_document
from tests.marketplace.financing.makers import a_signed_deal


def test_only_a_paper_of_this_deal_and_of_its_kind_shows_a_condition(world: World) -> None:
    deal = a_signed_deal(world)
    policy = a_document(deal.sme.operator, deal.deal_id, kind="insurance_policy", name="policy.pdf")
    photo = a_document(deal.sme.operator, deal.deal_id, kind="other", name="photo.pdf")
    elsewhere = a_document(deal.sme.operator, deal.lots[0].id, kind="insurance_policy", name="lot.pdf")
    newer = a_document(deal.sme.operator, deal.deal_id, kind="insurance_policy", name="policy.pdf", content=PDF + b"2", replaces=policy.id)  # fmt: skip
    with deal.bank.operator.ws() as ws:
        for wrong in (uuid4(), elsewhere.id, policy.id):
            with pytest.raises(NotFound, match="document_unknown") as refused:
                actions.record_condition(ws, deal.deal_id, "INSURANCE", reference="PICC 1", document_id=wrong)
            assert refused.value.field == "document_id"
        with pytest.raises(Invalid, match="paper_of_another_kind"):
            actions.record_condition(ws, deal.deal_id, "INSURANCE", reference="PICC 1", document_id=photo.id)
        actions.record_condition(ws, deal.deal_id, "INSURANCE", reference="PICC 1", document_id=newer.id)
        actions.record_condition(ws, deal.deal_id, "ACCOUNT", reference="6222", document_id=photo.id)
        records = condition_records(ws, deal.deal_id)
    assert [records[kind].document_id for kind in ("INSURANCE", "ACCOUNT")] == [newer.id, photo.id]

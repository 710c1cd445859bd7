"""Damaged goods inspected anew by form and by call."""

from io import BytesIO

from marketplace.inventory import actions
from marketplace.inventory.queries import find_lot
from tenants import approvals
from tests.factories import World
from tests.frontend.forms import form_fields
from tests.marketplace.documents.makers import a_document, a_picture
from tests.marketplace.financing.makers import decided
from tests.marketplace.pledges.test_mending import damage, goods_of


def test_damaged_goods_are_inspected_anew_by_form_and_by_call(world: World) -> None:
    supervisor, lot = goods_of(world)
    here = f"/lots/{lot.id}"
    browser = supervisor.operator.browser()
    assert f"{here}/mending" not in browser.get(here).text
    damage(supervisor, lot)
    assert f"{here}/mending" in browser.get(here).text
    page = browser.get(f"{here}/mending").text
    told = {"left": "60", "left_unit": "TNE", "because": "Dried and sorted."}
    refused = browser.post(f"{here}/mending", data=form_fields(page) | told)
    assert refused.status_code == 422
    assert "needs its report or a photo" in refused.text
    sent = browser.post(f"{here}/mending", data=form_fields(page) | told | {"photo": (BytesIO(a_picture()), "hall2.jpg")}, content_type="multipart/form-data")  # fmt: skip
    assert sent.status_code == 302, sent.text[-2000:]
    assert "60.000" in supervisor.approver.browser().get("/approvals").text
    with supervisor.operator.ws(read_only=True) as ws:
        [waiting] = approvals.waiting(ws)
    decided(supervisor, waiting)
    with supervisor.operator.ws() as ws:
        assert find_lot(ws, lot.id).status == "VERIFIED"
        actions.report_loss(ws, lot.id, damaged=True, because="and again")
    body = {"left": {"amount": "50", "unit": "TNE"}, "because": "Dried.", "documents": [str(lot.id)]}
    call = supervisor.operator.call
    assert call("POST", f"{here}/mending", body).status_code == 404
    paper = a_document(supervisor.operator, lot.id)
    assert call("POST", f"{here}/mending", body | {"documents": [str(paper.id)]}).status_code == 201

"""Goods: named, declared by form and by file, weighed in, inspected by two people, labelled."""

import io
from dataclasses import dataclass

from PIL import Image

from tests.journeys.people import Company, Person

CODE = "91331000MA2K1B2C7M"
SUPERVISOR = "中正监管 Zhongzheng Supervision"


@dataclass(frozen=True)
class Lot:
    """A lot as people speak of it: its number, and the page where it is looked at."""

    number: str
    page: str

    @property
    def id(self) -> str:
        return self.page.rpartition("/")[2]


def admit_a_newcomer(company: Company) -> None:
    """The platform admits a firm; its first member joins by the link. It deals with nobody here: whatever it sees later is a leak."""
    operator = company.operator
    operator.goes("/organisations")
    operator.fills(name="Taizhou Brass", uscc=CODE[:-1] + "X", email="he@taizhou.example", kinds=["SME", "BUYER"])
    operator.presses("Admit and invite")
    operator.is_refused("This is not a valid unified social credit code.")
    operator.fills(uscc=CODE)
    operator.presses("Admit and invite")
    link = operator.main.locator("copy-text").inner_text().strip()
    stranger = company.newcomer("stranger", "He Ping")
    stranger.goes(link)
    stranger.fills(name=stranger.name, password="brass and nothing else")
    stranger.presses("Join")
    stranger.sees("Good day, %(name)s", name=stranger.name)


def open_a_warehouse(keeper: Person) -> None:
    """The keeper opens a site and draws its bins."""
    keeper.goes("/sites/new")
    keeper.fills(name="Beilun 3", city="Ningbo", width="60", depth="40", scale_calibrated_until="2027-03-31")
    keeper.presses("Open a site")
    for n in range(3):
        keeper.main.get_by_role("button", name=keeper.said("Draw a bin"), exact=True).first.click()
        keeper.opens("Draw a bin")
        keeper.fills(keeper.dialog, code=f"A-0{n + 1}", x=str(4 + 10 * n), y="6", width="8", height="12")
        keeper.presses("Draw", within=keeper.dialog)
    keeper.judges()


def declare_by_form(sme: Person) -> Lot:
    """The dealer names its product and declares a lot on the form; a figure that is none is refused at its field. Returns the lot."""
    sme.goes("/products")
    sme.fills(name="Copper cathode", sku="CU-1", grade="Cu-CATH-1", hs_code="7403110000", price_code="CU")
    sme.presses("Add")
    sme.goes("/lots/new")
    sme.fills(product_id="CU-1", site_id="Beilun 3", supervisor_id="Zhongzheng", reference="PO-1", batch="H-7001")
    sme.fills(quantity="sixty")
    sme.presses("Declare")
    sme.is_refused("%(amount)s is not a quantity.", amount="sixty")
    sme.fills(quantity="60")
    sme.presses("Declare")
    sme.sees_state("Declared")
    return Lot(sme.title, sme.path)


def declare_by_file(sme: Person) -> Lot:
    """Two more lots come by file: one row is wrong and says where; corrected, both are declared. Returns the larger one."""
    for quantity in ("forty", "40"):
        sme.goes("/lots/import")
        rows = [f"CU-1,{quantity},t,Beilun 3,{SUPERVISOR},PO-2", f"CU-1,12,t,Beilun 3,{SUPERVISOR},PO-3"]
        sme.fills(file=("lots.csv", "\n".join(["商品编码,数量,单位,仓库,监管方,合同号", *rows]).encode()))
        sme.presses("Show me the rows")
        if quantity == "forty":
            sme.sees("%(amount)s is not a quantity.", amount="forty")
            sme.judges()
    sme.presses("Declare %(num)s lots", num=2)
    sme.follows_row("40.000")
    return Lot(sme.title, sme.path)


def weigh_in(keeper: Person, lot: Lot, *, gross: str, place: str) -> None:
    """The warehouse weighs the goods and gives them a bin; home told it that they were coming."""
    keeper.goes("/")
    keeper.sees("Lots to weigh in")
    keeper.goes(lot.page)
    keeper.follows("Weigh in")
    keeper.fills(gross=gross, tare="16", ticket="WB-1", vehicle="浙B·7A213", bin_id=place, photo=("bay.jpg", _photo()))
    keeper.presses("Weigh in")
    keeper.sees_state("Received")


def inspect(company: Company, lot: Lot, *, counted: str) -> None:
    """The inspector counts; who counted cannot approve; a colleague does, and only then the lot is verified."""
    inspector, controller = company.inspector, company.controller
    inspector.goes(lot.page)
    inspector.follows("Inspect")
    inspector.fills(counted=counted, note="Counted bundle by bundle.")
    inspector.presses("Put before a colleague")
    inspector.sees_state("Received")
    inspector.sees("Waiting for a second pair of eyes")
    inspector.goes("/approvals")
    inspector.sees("Yours")
    inspector.sees_no_button("Approve")
    controller.approves("Inspection of a lot")
    inspector.goes(lot.page)
    inspector.sees_state("Verified")


def read_the_label(company: Company, lot: Lot) -> None:
    """The label opens with its QR; anybody who scans it learns what the goods are, and no more."""
    sme, stranger = company.sme, company.stranger
    sme.goes(f"{lot.page}/label")
    sme.judges()
    scanned = str(sme.main.get_by_role("link", name=sme.said("this public page")).get_attribute("href"))
    stranger.goes(scanned)
    stranger.sees("Copper cathode", "Identity known")
    stranger.sees_not("60.000", "Open the lot")
    stranger.finds_nothing_at(lot.page)


def _photo() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), (160, 90, 40)).save(picture, "JPEG")
    return picture.getvalue()

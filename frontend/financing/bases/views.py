"""Pages of the borrowing base: the statement as of any day, its terms, the certificate that the borrower signs and the supervisor confirms."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for

from frontend import entered, paper
from frontend.financing.bases import sub_limits
from frontend.financing.blueprint import pages
from frontend.firms import names_of
from frontend.language import translate
from frontend.pages import render
from frontend.spreadsheets import Table, offer_tables
from marketplace.financing import actions, queries
from marketplace.financing.bases.certificates import (
    certificates_of,
    figures_of,
    find_certificate,
    standing_of_certificate,
    supervisors_of,
    words_on,
)
from marketplace.financing.bases.models import BaseCertificate
from marketplace.financing.bases.showing import BaseStatement, base_statement
from marketplace.financing.rules.availability import Line
from marketplace.money import Money
from marketplace.valuation.actions import propose_base_terms
from marketplace.valuation.base import terms_of_base
from tenants import approvals, rooms
from tenants.errors import Invalid
from tenants.workspace import Workspace

COLUMNS = (
    "as_of", "deal", "kind", "says", "amount", "currency", "counts", "unit", "price", "market_value", "advance_rate", "carries", "ineligible_because",
)  # fmt: skip
AMOUNT_ROLES = {"borrower", "bank"}


@pages.look("/deals/<uuid:deal_id>/borrowing-base")
def show_base(ws: Workspace, deal_id: UUID, certificate_id: UUID | None = None) -> Any:
    """`certificate_id` comes from a word that was refused; the page is the same."""
    cover, mine = queries.find_cover(ws, deal_id), rooms.my_roles(ws, deal_id)
    told = {
        "cover": cover,
        "mine": mine,
        "certificates": [_certificate(ws, one) for one in certificates_of(ws, deal_id)],
        "me": str(ws.tenant_id),
    }
    if not mine & AMOUNT_ROLES:
        return render("financing/bases/base_goods.html", **told)
    statement = base_statement(ws, deal_id, as_of=entered.day_or_none("as_of", of=request.args))
    proposals = {one.act for one in approvals.waiting(ws) if one.subject_id == deal_id}
    terms = terms_of_base(ws, deal_id)
    return render(
        "financing/bases/base.html",
        **told,
        **_told(statement),
        terms=terms,
        proposals=proposals,
        typed=_typed(terms),
        sub_limits=sub_limits.in_force(ws, deal_id),
        sub_fields=sub_limits.fields(ws, deal_id),
    )


@pages.look("/deals/<uuid:deal_id>/borrowing-base.pdf")
def print_base(ws: Workspace, deal_id: UUID) -> Response:
    statement = base_statement(ws, deal_id, as_of=entered.day_or_none("as_of", of=request.args))
    name = f"borrowing-base-{statement.deal.number}-{statement.as_of}.pdf"
    names = names_of(ws, [statement.deal.borrower_id, statement.deal.bank_id])
    return paper.as_pdf("financing/bases/base_sheet.html", name, names=names, **_told(statement))


def base_table(ws: Workspace, deal_id: UUID) -> Table:
    statement = base_statement(ws, deal_id, as_of=entered.day_or_none("as_of", of=request.args))
    return Table(f"borrowing-base-{statement.deal.number}-{statement.as_of}", COLUMNS, _rows(statement))


offer_tables(pages, "/deals/<uuid:deal_id>/borrowing-base", base_table)


@pages.act("/deals/<uuid:deal_id>/borrowing-base/terms", again="show_base")
def set_base_terms(ws: Workspace, deal_id: UUID) -> Any:
    form, currency = request.form, queries.find_deal(ws, deal_id).currency
    propose_base_terms(
        ws,
        deal_id,
        cap=entered.share("cap"),
        wrong_way=entered.share("wrong_way"),
        evidence_days_max=entered.whole_or_none("evidence_days_max"),
        stock_days_max=entered.whole_or_none("stock_days_max"),
        reserves=_reserves(entered.text("reserves"), currency),
        sub_limits=sub_limits.typed(ws, deal_id, form, currency),
        currency=currency,
    )
    return redirect(url_for(".show_base", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/borrowing-base/certificates", again="show_base")
def sign_base(ws: Workspace, deal_id: UUID) -> Any:
    actions.sign_base(ws, deal_id)
    return redirect(url_for(".show_base", deal_id=deal_id))


@pages.look("/deals/<uuid:deal_id>/borrowing-base/certificates/<uuid:certificate_id>.pdf")
def print_certificate(ws: Workspace, deal_id: UUID, certificate_id: UUID) -> Response:
    certificate = find_certificate(ws, deal_id, certificate_id)
    cover = queries.find_cover(ws, deal_id)
    names = names_of(ws, [cover.tenant_id, cover.bank_id])
    name = f"certificate-{cover.number}-{certificate.number}.pdf"
    return paper.as_pdf(
        "financing/bases/certificate_sheet.html", name, cover=cover, names=names, **_certificate(ws, certificate)
    )


@pages.act("/deals/<uuid:deal_id>/borrowing-base/certificates/<uuid:certificate_id>/confirmation", again="show_base")
def confirm_base(ws: Workspace, deal_id: UUID, certificate_id: UUID) -> Any:
    actions.confirm_base(ws, deal_id, certificate_id)
    return redirect(url_for(".show_base", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/borrowing-base/certificates/<uuid:certificate_id>/objection", again="show_base")
def contest_base(ws: Workspace, deal_id: UUID, certificate_id: UUID) -> Any:
    because = entered.text("because")
    actions.confirm_base(ws, deal_id, certificate_id, agrees=False, because=because)
    return redirect(url_for(".show_base", deal_id=deal_id))


def in_words(line: Line) -> str:
    """A line of the statement in the reader's language."""
    return translate(line.says, **dict(line.facts))


def _told(statement: BaseStatement) -> dict[str, Any]:
    lines = [{"says": in_words(line), "amount": line.amount, "is_sum": line.is_sum} for line in statement.lines]
    return {"deal": statement.deal, "statement": statement, "lines": lines}


def _rows(statement: BaseStatement) -> Iterator[list[Any]]:
    """The statement line by line, then the goods lot by lot."""
    head = [statement.as_of, statement.deal.number]
    for line in statement.lines:
        yield [
            *head,
            "sum" if line.is_sum else "line",
            in_words(line),
            line.amount.amount,
            line.amount.currency,
            *[""] * 7,
        ]
    for lot in statement.value.lines if statement.value else ():
        why = translate(lot.barred) if lot.barred else ""
        figures = [
            lot.counted.amount,
            lot.unit,
            lot.price,
            lot.market_value.amount,
            1 - lot.haircut,
            lot.collateral_value.amount if not lot.barred else 0,
        ]
        yield [*head, "lot", f"{lot.lot_number} {lot.product_name}", "", lot.currency, *figures, why]


def _certificate(ws: Workspace, certificate: BaseCertificate) -> dict[str, Any]:
    """A certificate with its goods, its figures where the reader may see them, and what the supervisors said."""
    figures = figures_of(ws, certificate)
    words = words_on(ws, certificate.deal_id, certificate.id)
    return {
        "certificate": certificate,
        "status": standing_of_certificate(ws, certificate),
        "figures": [
            {
                "says": translate(one["says"], **one["facts"]),
                "amount": Money(one["minor"], figures.currency),
                "is_sum": one["is_sum"],
            }
            for one in figures.lines
        ]
        if figures
        else [],
        "words": words,
        "supervisors": supervisors_of(certificate),
        "spoken": {str(one.tenant_id) for one in words},
    }


def _typed(terms: Any) -> dict[str, Any]:
    """What the form of the terms begins with."""
    if terms is None:
        return {"cap": "100", "wrong_way": "0", "evidence": "", "stock": "", "reserves": ""}
    reserves = "\n".join(f"{one.why}: {one.amount.amount}" for one in terms.held_back)
    return {
        "cap": _percent(terms.cap),
        "wrong_way": _percent(terms.wrong_way),
        "evidence": terms.evidence_days_max or "",
        "stock": terms.stock_days_max or "",
        "reserves": reserves,
    }


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}"


def _reserves(written: str, currency: str) -> list[tuple[str, Money]]:
    """One reserve on each line: what for, a colon, the amount."""
    return [_reserve(line, currency) for line in written.splitlines() if line.strip()]


def _reserve(line: str, currency: str) -> tuple[str, Money]:
    why, _, amount = line.replace("：", ":").rpartition(":")
    try:
        return why.strip(), Money.of(amount.strip().replace(",", ""), currency)
    except Invalid as wrong:
        raise Invalid("reserve_unreadable", "Write each reserve on a line of its own, as “Storage: 12000”.", field="reserves") from wrong  # fmt: skip

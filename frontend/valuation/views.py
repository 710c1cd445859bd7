"""Pages of prices: the bank's series, their imports, and the terms on which it lends."""

import csv
import io
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal, Self
from uuid import UUID

from flask import Response, redirect, request, url_for

from frontend import entered
from frontend.api import Ratio
from frontend.firms import names_of
from frontend.language import ZONE, unit
from frontend.pages import Pages, render
from frontend.proposals import Terms, lays_open
from marketplace.money import EXPONENTS
from marketplace.quantity import UNITS
from marketplace.valuation import actions, queries
from marketplace.valuation.models import LendingPolicy, PriceImport, PriceQuote
from marketplace.valuation.rules.haircuts import HaircutPolicy, daily_volatility, haircut
from marketplace.valuation.rules.price_files import TEMPLATE
from tenants.approvals import Approval
from tenants.errors import Invalid, Refused
from tenants.workspace import Workspace

pages = Pages("valuation", __name__)
LINES = ("ltv_initial", "ltv_warn", "ltv_call", "ltv_liquidation")
# 99 per cent of the normal distribution, twenty business days to sell, revalued daily, 5 per cent cost and 3 per cent doubt of the model.
SUGGESTION = HaircutPolicy(Decimal("2.3263479"), 20, 1, 20, Decimal("0.05"), Decimal("0.03"))


@pages.look("/prices")
def list_prices(ws: Workspace) -> Any:
    own = queries.policies(ws, bank_id=ws.tenant_id)
    return render("valuation/prices.html", series=queries.all_series(ws), policies=own, query=request.args.to_dict())


@pages.look("/prices/new")
def new_import(ws: Workspace) -> Any:
    ws.may("import_prices")
    return render(
        "valuation/new_import.html",
        currencies=[(code, code) for code in sorted(EXPONENTS)],
        units=[(code, f"{code} · {unit(code)}") for code in sorted(UNITS)],
        code=request.args.get("code", ""),
    )


@pages.look("/prices/template.csv")
def template(ws: Workspace) -> Any:
    return _csv(TEMPLATE, "prices-template.csv")


@pages.act("/prices/imports", again="new_import")
def preview_import(ws: Workspace) -> Any:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("file_missing", "Choose a file.", field="file")
    made = actions.preview_prices(
        ws,
        code=entered.text("code").upper(),
        content=file.read(),
        name=file.filename,
        currency=entered.text("currency") or "CNY",
        unit=entered.text("unit") or "TNE",
    )
    return redirect(url_for(".show_import", import_id=made.id))


@pages.look("/prices/imports/<uuid:import_id>")
def show_import(ws: Workspace, import_id: UUID) -> Any:
    made = queries.find_import(ws, import_id)
    rows = [(date.fromisoformat(day), Decimal(price)) for day, price in made.rows]
    known = _known(ws, made, rows)
    changed = sum(day in known and known[day] != price for day, price in rows)
    shown = [{"day": day, "price": price} for day, price in rows]
    return render("valuation/import.html", made=made, rows=shown, known=known, changed=changed)


@pages.act("/prices/imports/<uuid:import_id>/confirmation", again="show_import")
def confirm_import(ws: Workspace, import_id: UUID) -> Any:
    made = actions.confirm_import(ws, import_id)
    if made.status == "PROPOSED":
        return redirect(url_for(".show_import", import_id=import_id))
    return redirect(url_for(".show_series", code=made.code))


@pages.look("/prices/<code>")
def show_series(ws: Workspace, code: str) -> Any:
    series, quoted = queries.find_series(ws, code), queries.quotes(ws, code, limit=750)
    try:
        counting, blocked = queries.price_of(ws, code, queries.today(ws)), None
    except Refused as refused:
        counting, blocked = None, refused
    return render(
        "valuation/series.html",
        series=series,
        quotes=quoted[:20],
        counting=counting,
        blocked=blocked,
        chart=_chart(code, quoted),
        imports=queries.imports(ws, code, limit=10),
        policy=queries.policy_of(ws, ws.tenant_id, code),
        suggestion=_suggestion(quoted),
    )


@pages.look("/prices/<code>.csv")
def export_series(ws: Workspace, code: str) -> Any:
    queries.find_series(ws, code)
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["date", "price", "currency", "unit"])
    for quote in queries.quotes(ws, code, limit=20_000)[::-1]:
        writer.writerow([quote.quoted_on, f"{quote.price.normalize():f}", quote.currency, quote.unit])
    return _csv(written.getvalue(), f"prices-{code}.csv")


@pages.look("/lending-terms")
def list_terms(ws: Workspace) -> Any:
    policies = queries.policies(ws)
    banks = names_of(ws, (one.tenant_id for one in policies))
    return render("valuation/lending_terms.html", policies=policies, banks=banks)


@pages.look("/lending-terms/new")
def new_terms(ws: Workspace) -> Any:
    ws.may("revalue")
    code = request.args.get("code", "")
    policy = queries.policy_of(ws, ws.tenant_id, code) if code else None
    suggestion = _suggestion(queries.quotes(ws, code, limit=750)) if code else None
    return render("valuation/new_terms.html", code=code, policy=policy, suggestion=suggestion, grades=_grades(policy))


@pages.act("/lending-terms", again="new_terms")
def propose_terms(ws: Workspace) -> Any:
    form = request.form
    actions.propose_lending_terms(
        ws,
        code=entered.text("code").upper(),
        haircut=entered.share("haircut"),
        price_age_days_max=entered.whole("price_age_days_max"),
        loss_per_degree_hour=entered.share("loss_per_degree_hour"),
        expiry_days=entered.whole("expiry_days"),
        moisture_worst=entered.share_or_none("moisture_worst"),
        devices_required="devices_required" in form,
        grades=_read_grades(entered.text("grades")),
        **{line: entered.share(line) for line in LINES},
    )
    return redirect("/approvals")


class LendingTerms(Terms):
    """Terms on which a bank would lend against the goods of a series: shares of one."""

    act: Literal["approve_policy"]
    code: str
    haircut: Ratio
    ltv_initial: Ratio
    ltv_warn: Ratio
    ltv_call: Ratio
    ltv_liquidation: Ratio
    price_age_days_max: int
    loss_per_degree_hour: Ratio
    expiry_days: int
    moisture_worst: Ratio | None
    devices_required: bool
    grades: dict[str, Ratio]

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        return cls.model_validate(figures["terms"] | {"act": figures["act"]})


@lays_open("approve_policy", "valuation/proposed_terms.html", LendingTerms)
def proposed_terms(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """The terms as every firm will read them."""
    told = approval.payload
    shares = {name: Decimal(told[name]) for name in ("haircut", "loss_per_degree_hour", *LINES)}
    moisture = None if told["moisture_worst"] is None else Decimal(told["moisture_worst"])
    grades = {grade: Decimal(factor) for grade, factor in told["grades"].items()}
    return {"terms": told | shares | {"moisture_worst": moisture, "grades": grades}}


class PriceCorrections(Terms):
    """Prices of earlier days that an import replaces: how many, and the newest of them as day, price that stood, price that comes."""

    act: Literal["approve_prices"]
    code: str
    currency: str
    count: int
    newest: list[tuple[date, Ratio, Ratio]]

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        return cls.model_validate(figures["corrections"] | {"act": figures["act"]})


@lays_open("approve_prices", "valuation/proposed_prices.html", PriceCorrections)
def proposed_prices(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """What stood on which day, and what comes in its place."""
    told = approval.payload
    newest = [(date.fromisoformat(day), Decimal(was), Decimal(comes)) for day, was, comes in reversed(told["newest"])]
    return {"corrections": {name: told[name] for name in ("code", "currency", "count")} | {"newest": newest}}


def _known(ws: Workspace, made: PriceImport, rows: list[tuple[date, Decimal]]) -> dict[date, Decimal]:
    """What the series says today about the days of an import."""
    if not rows:
        return {}
    quoted = queries.quotes(ws, made.code, since=rows[0][0], until=rows[-1][0], limit=20_000)
    return {quote.quoted_on: quote.price for quote in quoted}


def _suggestion(quoted: list[PriceQuote]) -> dict[str, Decimal] | None:
    """σ of a day and the haircut that it asks for, where the series is long enough to tell."""
    try:
        volatility = daily_volatility([quote.price for quote in reversed(quoted[:250])])
    except Refused:
        return None
    return {"volatility": volatility, "haircut": haircut(volatility, SUGGESTION)}


def _chart(code: str, quoted: list[PriceQuote]) -> dict[str, Any]:
    """The series for the chart: figures for the eye, as floats."""
    oldest_first = quoted[::-1]
    midnight = [datetime.combine(quote.quoted_on, time(), tzinfo=ZONE).timestamp() for quote in oldest_first]
    return {
        "at": [int(moment) for moment in midnight],
        "series": [{"label": code, "values": [float(quote.price) for quote in oldest_first], "fill": True}],
        "thresholds": [],
        "bands": [],
        "marks": [],
    }


def _grades(policy: LendingPolicy | None) -> str:
    """The table of grades as it is typed: one `grade = percentage` on a line."""
    lines = (policy.grades if policy else {}).items()
    return "\n".join(f"{grade} = {(Decimal(factor) * 100).normalize():f}" for grade, factor in lines)


def _read_grades(written: str) -> dict[str, Decimal]:
    grades: dict[str, Decimal] = {}
    for line in filter(str.strip, written.splitlines()):
        grade, equals, factor = line.partition("=")
        try:
            grades[grade.strip()[:60]] = entered.share("grades", of={"grades": factor})
        except Invalid:
            equals = ""
        if not equals or not grade.strip() or len(grades) > 50:
            raise Invalid("grades_unreadable", "Write one grade on a line, such as Cu-CATH-1 = 98.", field="grades")
    return grades


def _csv(content: str, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response("\ufeff" + content, mimetype="text/csv", headers=headers)

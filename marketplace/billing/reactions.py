"""Fees follow the calendar: a month that is over is billed, an invoice that is not paid by its day is told to be overdue. Timers of the operator alone."""

from datetime import date
from uuid import UUID

from marketplace.billing.issuing import issue_month, remind
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def issue_invoices(ws: Workspace, happened: Happened) -> None:
    """A month is over."""
    issue_month(ws, date.fromisoformat(happened.facts["month"]))


@reacts_to(roles=set())
def look_at_invoice(ws: Workspace, happened: Happened) -> None:
    """The day on which an invoice was due is over."""
    remind(ws, UUID(happened.facts["invoice_id"]))

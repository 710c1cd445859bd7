"""The close of a bank's days: loans stretch by stretch, each stretch in a transaction of its own, so that it may be stopped, killed, resumed and run again.

For each loan: its days' interest, what falls due, a new rate where one is due, whether it is overdue, its class and stage; in the end a look at its lines.
One close covers all days that are over: usually one, more after the house stood still. How far it has come stands in its own row; every step by itself
does nothing the second time (invariant 44).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError, IntegrityError

from marketplace.financing.events.loans import CloseResumed, CloseStopped, DayClosed
from marketplace.financing.models.books import Books, EndOfDay, LoanTrouble
from marketplace.financing.nights.accruals import OWING_STATES
from marketplace.financing.nights.clock import close_tonight
from marketplace.financing.nights.provisions import expected_loss_minor
from marketplace.financing.nights.quiet import pass_quietly
from marketplace.financing.nights.running import close_days
from marketplace.valuation.queries import today
from tenants.database import new_id
from tenants.errors import Conflict, NotFound, Refused
from tenants.workspace import Workspace

STRETCH = 1000  # days of loans in one transaction
OF_ONE_NIGHT = 3000  # of one night more, since most of its loans are quiet
ONE_DAY = timedelta(days=1)
NEXT_LOANS = text("""
select cast(deals as text), cardinality(deals), deals[cardinality(deals)] from gate.hold_loans(cast(:owing as text[]), :after, :most) deals
""")
SOLVED = text("""
update house.loan_trouble set solved_at = :now
 where tenant_id = :tenant_id and solved_at is null and deal_id > :after and deal_id <= :last and deal_id <> all(cast(:troubled as uuid[]))
""")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Loans in the order of their ids, held. `deals`: an array as the database writes it: most are handed on to it and never looked at here."""

    deals: str
    loans: int
    last: UUID | None

    @property
    def ids(self) -> list[UUID]:
        """One by one."""
        return [UUID(one) for one in self.deals.strip("{}").split(",")]


def go_on(ws: Workspace) -> None:
    """Close what is over, as far as one transaction should; the next goes on from there. Nothing happens where nothing is over or somebody stopped it."""
    books = _held_books(ws)
    run = _run(ws, books)
    if run is None:
        close_tonight(ws, books.open_on)
        return
    if run.status == "STOPPED":
        return
    most = OF_ONE_NIGHT if run.days == 1 else max(1, STRETCH // run.days)
    stretch = _next_loans(ws, run.after, most)
    if stretch.loans:
        _close(ws, run, stretch)
    if stretch.loans < most:
        _finish(ws, books, run)
    if books.open_on < today(ws):
        _come_back(ws)
    else:
        close_tonight(ws, books.open_on)


def stop_close(ws: Workspace) -> EndOfDay:
    """Stop the close that is running: what is done stays done. Waits for the stretch at work to end. Refuses where none is running."""
    ws.may("run_end_of_day")
    _held_books(ws)
    run = _open_run(ws)
    if run is None:
        raise Conflict("close_not_running", "No close is running.")
    if run.status == "RUNNING":
        run.status = "STOPPED"
        ws.record(CloseStopped(business_date=run.business_date, loans=run.loans), on=ws.tenant_id)
    return run


def start_close(ws: Workspace) -> EndOfDay:
    """Start the close of the days that are over, or resume one that was stopped. Refuses while the day is not over."""
    ws.may("run_end_of_day")
    books = _held_books(ws)
    run = _run(ws, books)
    if run is None:
        raise Conflict("day_not_over", "The books are open for %(day)s, and that day is not over.", day=books.open_on)
    if run.status == "STOPPED":
        run.status = "RUNNING"
        ws.record(CloseResumed(business_date=run.business_date, loans=run.loans), on=ws.tenant_id)
    _come_back(ws)
    return run


def _come_back(ws: Workspace) -> None:
    """Go on in a transaction of its own. Asked twice, the second finds nothing to do."""
    ws.set_timer("financing.close_day", key=str(new_id()), due=ws.now, stream_id=ws.tenant_id)


def _close(ws: Workspace, run: EndOfDay, stretch: Stretch) -> None:
    """One stretch: a night's quiet loans at once, the others by the rule. Where they fail as a whole it is done loan by loan, so that one loan in trouble holds
    up no other.
    """
    left = pass_quietly(ws, stretch.deals, run.business_date) if run.days == 1 else None
    if left is None:
        left = stretch.ids
    run.accrued += stretch.loans - len(left)
    troubled: list[UUID] = []
    if left and _trouble(ws, run, left, run.business_date) is not None:
        troubled = [deal_id for deal_id in left if not _close_as_far(ws, run, deal_id)]
    _solved(ws, run, stretch, troubled)
    run.loans += stretch.loans
    run.troubled += len(troubled)
    run.after = stretch.last
    ws.session.flush()


def _close_as_far(ws: Workspace, run: EndOfDay, deal_id: UUID) -> bool:
    """One loan, day by day if need be, until the day that cannot be closed: that is noted, and its later days wait. Whether all could be closed."""
    if _trouble(ws, run, [deal_id], run.business_date) is None:
        return True
    for ahead in range(run.days):
        day = run.since + timedelta(days=ahead)
        reason = _trouble(ws, run, [deal_id], day)
        if reason is not None:
            row = {"tenant_id": ws.tenant_id, "business_date": day, "deal_id": deal_id, "reason": reason, "found_at": ws.now}  # fmt: skip
            known = insert(LoanTrouble).values(row)
            ws.session.execute(known.on_conflict_do_update(index_elements=list(row)[:3], set_={"solved_at": None}))
            return False
    return True


def _trouble(ws: Workspace, run: EndOfDay, deal_ids: Sequence[UUID], last: date) -> str | None:
    """Close these loans' days up to `last`, or none of them; why they could not be."""
    try:
        with ws.session.begin_nested():
            done = close_days(ws, deal_ids, run.since, last)
    except (Refused, DataError, IntegrityError) as trouble:
        return trouble.because % trouble.facts if isinstance(trouble, Refused) else str(trouble.orig)[:500]
    run.accrued, run.fallen_due = run.accrued + done.days, run.fallen_due + done.dues
    return None


def _solved(ws: Workspace, run: EndOfDay, stretch: Stretch, troubled: Sequence[UUID]) -> None:
    """What troubled earlier nights in this stretch is over, but for these."""
    within = {"after": run.after or UUID(int=0), "last": stretch.last, "troubled": [str(one) for one in troubled]}
    ws.session.execute(SOLVED, within | {"tenant_id": ws.tenant_id, "now": ws.now})


def _finish(ws: Workspace, books: Books, run: EndOfDay) -> None:
    run.status, run.finished_at = "DONE", ws.now
    books.open_on = run.business_date + ONE_DAY
    ws.session.flush()
    fact = DayClosed(
        since=run.since,
        business_date=run.business_date,
        loans=run.loans,
        fallen_due=run.fallen_due,
        troubled=run.troubled,
    )
    ws.record(fact, on=ws.tenant_id)
    ws.set_timer(
        "financing.review_loans",
        key=f"{run.business_date}",
        due=ws.now,
        stream_id=ws.tenant_id,
        day=f"{run.business_date}",
    )


def expect_loss(ws: Workspace, day: date) -> None:
    """Put the loss to expect beside the close of that day, once. It comes after the close, whose books nobody should wait for while the whole book is summed up."""
    run = ws.session.get_one(EndOfDay, (ws.tenant_id, day), with_for_update=True)
    if run.expected_loss_minor is None:
        run.expected_loss_minor = expected_loss_minor(ws)


def _run(ws: Workspace, books: Books) -> EndOfDay | None:
    """The close that is under way, or a new one of all days that are over; None while there are none."""
    run, last = _open_run(ws), today(ws) - ONE_DAY
    if run is None and books.open_on <= last:
        run = EndOfDay(tenant_id=ws.tenant_id, business_date=last, since=books.open_on, status="RUNNING", loans=0, accrued=0, fallen_due=0, troubled=0, started_at=ws.now)  # fmt: skip
        ws.session.add(run)
        ws.session.flush()
    return run


def _open_run(ws: Workspace) -> EndOfDay | None:
    under_way = select(EndOfDay).where(EndOfDay.tenant_id == ws.tenant_id, EndOfDay.status != "DONE")
    return ws.session.scalars(under_way).one_or_none()


def _held_books(ws: Workspace) -> Books:
    books = ws.session.get(Books, ws.tenant_id, with_for_update=True)
    if books is None:
        raise NotFound("books_unknown", "The books are opened with the first loan.")
    return books


def _next_loans(ws: Workspace, after: UUID | None, most: int) -> Stretch:
    """The bank's own loans that owe something, in the order of their ids, held."""
    values = {"owing": OWING_STATES, "after": after or UUID(int=0), "most": most}
    return Stretch(*ws.session.execute(NEXT_LOANS, values).one())


def runs(ws: Workspace, *, limit: int = 60) -> list[EndOfDay]:
    """The closes of the bank's days, newest first."""
    wanted = select(EndOfDay).where(EndOfDay.tenant_id == ws.tenant_id).order_by(EndOfDay.business_date.desc())
    return list(ws.session.scalars(wanted.limit(limit)))


def troubles(ws: Workspace) -> list[LoanTrouble]:
    """Loans whose day could not be closed and that still wait."""
    wanted = select(LoanTrouble).where(LoanTrouble.tenant_id == ws.tenant_id, LoanTrouble.solved_at.is_(None))
    return list(ws.session.scalars(wanted.order_by(LoanTrouble.business_date, LoanTrouble.deal_id)))


def books_of(ws: Workspace) -> Books | None:
    """The bank's books; None before its first loan."""
    return ws.session.get(Books, ws.tenant_id)

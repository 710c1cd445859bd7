"""What pledges do by themselves: give back an offer that nothing followed, doubt lost control, see that filings end with their pledges."""

from datetime import timedelta

from marketplace.business_days import SHANGHAI
from marketplace.inventory.rules.lots import LOT, LotState
from marketplace.pledges import actions
from marketplace.pledges.affiliation import tell_of_keepers, warn_banks
from marketplace.pledges.events import ControlConfirmed, PledgeRealised, PledgesReleased, ReleaseExecuted
from marketplace.pledges.filing import standing_filing, watch_deregistration
from marketplace.pledges.losing import standing_loss
from marketplace.pledges.paper_events import ControlLost, DeregistrationOverdue, FilingRunsOut
from marketplace.pledges.queries import pledges_of_deal
from marketplace.pledges.ranks.events import FirstRankEnded
from marketplace.pledges.ranks.moving_up import take_rank
from marketplace.pledges.rules.lifecycle import CONTROL_LOSS_TOLERATED, is_impaired
from marketplace.pledges.rules.papers import RENEW_WITHIN
from marketplace.pledges.shortages.deciding import fix_share, report_losses
from marketplace.pledges.shortages.drawing import draw_shares
from marketplace.pledges.shortages.events import MissingFound, ShortageConfirmed, ShortageOpened
from marketplace.pledges.shortages.opening import tell_lots
from marketplace.pledges.shortages.queries import find_shortage, lines_of
from tenants.events import Happened, reacts_to
from tenants.ownership.facts import StakeEntered
from tenants.workspace import Workspace


@reacts_to(roles=set())
def give_back_offer(ws: Workspace, happened: Happened) -> None:
    """Seven days after an offer: give back what never came into force. Run again it changes nothing."""
    patience = LOT.due_at(LotState.RESERVED, "expire_reservation", ws.now) - ws.now
    because = "seven days passed without a pledge"
    actions.cancel_pledges(ws, happened.stream_id, because=because, offered_before=ws.now - patience)


@reacts_to(ControlLost, roles={"bank"})
def doubt_control(ws: Workspace, happened: Happened) -> None:
    """In the bank's workspace: look again once the two hours are over in which control may be restored without harm."""
    loss = standing_loss(ws, happened.stream_id)
    if loss is not None:
        due = loss.lost_at + CONTROL_LOSS_TOLERATED + timedelta(seconds=1)
        ws.set_timer("pledges.impair_after_loss", key=str(loss.id), due=due, stream_id=happened.stream_id)


@reacts_to(roles=set())
def impair_after_loss(ws: Workspace, happened: Happened) -> None:
    """Control is lost for more than two hours: the pledge is in doubt. Restored meanwhile, or run again, it changes nothing."""
    loss = standing_loss(ws, happened.stream_id)
    if loss is not None and is_impaired(loss.lost_at, ws.now):
        actions.impair_pledges(ws, happened.stream_id, because=loss.because)


@reacts_to(PledgesReleased, PledgeRealised, ReleaseExecuted, roles={"bank"})
def watch_filing(ws: Workspace, happened: Happened) -> None:
    """Goods went: where they were the last, the filing has to end within ten days."""
    watch_deregistration(ws, happened.stream_id)


@reacts_to(roles=set())
def check_deregistration(ws: Workspace, happened: Happened) -> None:
    """Ten days after the last goods went."""
    filing = standing_filing(ws, happened.stream_id)
    if filing is not None and not pledges_of_deal(ws, happened.stream_id):
        fact = DeregistrationOverdue(deal_id=happened.stream_id, certificate=filing.certificate)
        ws.record(fact, on=happened.stream_id)


@reacts_to(roles=set())
def check_filing(ws: Workspace, happened: Happened) -> None:
    """A month before a filing runs out: tell the bank, unless it was extended or ended."""
    filing, today = standing_filing(ws, happened.stream_id), ws.now.astimezone(SHANGHAI).date()
    if filing is not None and filing.expires_on is not None and filing.expires_on - RENEW_WITHIN <= today:
        fact = FilingRunsOut(deal_id=happened.stream_id, certificate=filing.certificate, expires_on=filing.expires_on)
        ws.record(fact, on=happened.stream_id)


@reacts_to(FirstRankEnded, roles={"second"})
def take_the_rank(ws: Workspace, happened: Happened) -> None:
    """In the second bank's workspace: what stood behind is the first rank now, which the database has seen to; here its own room learns of it."""
    take_rank(ws, happened.stream_id)


@reacts_to(ShortageOpened, roles={"supervisor"})
def draw_shortage(ws: Workspace, happened: Happened) -> None:
    """In the workspace of the supervisor that decides: draw the table where another reported the shortage. Run again it changes nothing."""
    shortage = find_shortage(ws, happened.stream_id)
    if any(one.share_units is None for one in lines_of(ws, shortage.id)):
        if shortage.reported_by_id != shortage.warehouse_id:
            tell_lots(ws, shortage)
        draw_shares(ws, shortage)


@reacts_to(ShortageConfirmed, roles={"keeper"})
def write_off_shortage(ws: Workspace, happened: Happened) -> None:
    """Another supervisor writes off what its own lots lost by the table."""
    report_losses(ws, find_shortage(ws, happened.stream_id))


@reacts_to(ShortageConfirmed, MissingFound, roles={"claimant"})
def record_share(ws: Workspace, happened: Happened) -> None:
    """In each claimant's workspace: its share goes into its own record."""
    fix_share(ws, find_shortage(ws, happened.stream_id))


@reacts_to(StakeEntered, roles={"registrar"})
def look_for_keepers(ws: Workspace, happened: Happened) -> None:
    """In the platform's workspace, which sees no deal: wake the banks whose goods an entry among owners concerns."""
    warn_banks(ws, happened.stream_id)


@reacts_to(ControlConfirmed, roles={"bank"})
def warn_of_keepers(ws: Workspace, happened: Happened) -> None:
    """In the bank's workspace, before it accepts control and whenever an entry among owners concerns its goods."""
    tell_of_keepers(ws, happened.stream_id)

"""How sound a loan is: days past due, its IFRS 9 stage, its class by the Chinese five, and the loss to expect."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from marketplace.exact import Exact, exact
from marketplace.money import Money
from tenants.errors import Invalid, word

STAGE_2_AFTER_DAYS = 30
STAGE_3_FROM_DAYS = 90


class LoanClass(StrEnum):
    """贷款五级分类."""

    NORMAL = "NORMAL"
    SPECIAL_MENTION = "SPECIAL_MENTION"
    SUBSTANDARD = "SUBSTANDARD"
    DOUBTFUL = "DOUBTFUL"
    LOSS = "LOSS"


# More than so many days past due: at least this class. From our own knowledge of the 2023 rules; to be verified with
# counsel.
_CLASS_AFTER_DAYS = (
    (360, LoanClass.LOSS),
    (270, LoanClass.DOUBTFUL),
    (90, LoanClass.SUBSTANDARD),
    (0, LoanClass.SPECIAL_MENTION),
)


@dataclass(frozen=True, slots=True)
class Exposure:
    """What may be lost: drawn, undrawn with the share likely to be drawn, and the goods with their haircut at a
    forced sale.
    """

    drawn: Money
    undrawn: Money
    conversion: Exact
    collateral: Money
    collateral_haircut: Exact


@dataclass(frozen=True, slots=True)
class ExpectedLoss:
    """Exposure at default, its secured part, the blended loss share, and PD · LGD · EAD rounded once."""

    exposure: Money
    secured: Money
    loss_given_default: Fraction
    loss: Money


def days_past_due(oldest_unpaid_on: date | None, today: date, *, grace_days: int = 0) -> int:
    """Days since the oldest unpaid amount fell due; 0 on the day itself, where nothing is unpaid, and while its days of grace run."""
    days = max(0, (today - oldest_unpaid_on).days) if oldest_unpaid_on else 0
    return days if days > grace_days else 0


def ifrs_9_stage(days: int, *, risk_increased: bool = False, defaulted: bool = False) -> int:
    """1, 2 (more than 30 days, or a significant increase in credit risk) or 3 (90 days or default)."""
    if defaulted or days >= STAGE_3_FROM_DAYS:
        return 3
    return 2 if risk_increased or days > STAGE_2_AFTER_DAYS else 1


def loan_class(days: int) -> LoanClass:
    """The best class that so many days past due allow; a credit officer may only lower it."""
    return next((worse for after, worse in _CLASS_AFTER_DAYS if days > after), LoanClass.NORMAL)


def worse(one: LoanClass, other: LoanClass) -> LoanClass:
    """The worse of two classes."""
    order = list(LoanClass)
    return max(one, other, key=order.index)


def found_class(days: int, *, watched: bool, defaulted: bool, lowered_to: LoanClass | None = None) -> LoanClass:
    """The class of a loan: by its days past due, special mention while it is watched, substandard from its default on, and never better than an officer ordered."""
    found = loan_class(days)
    if watched:
        found = worse(found, LoanClass.SPECIAL_MENTION)
    if defaulted:
        found = worse(found, LoanClass.SUBSTANDARD)
    return worse(found, lowered_to) if lowered_to else found


def turning_days(grace_days: int) -> list[int]:
    """Days past due with which class or stage may turn: the first that counts, and those beyond each limit. None that is within the days of grace."""
    limits = {grace_days + 1, STAGE_2_AFTER_DAYS + 1, STAGE_3_FROM_DAYS, *(after + 1 for after, _ in _CLASS_AFTER_DAYS)}
    return sorted(days for days in limits if days > grace_days)


def probability_of_default(one_year: Exact, days_left: int, stage: int) -> Fraction:
    """What a stage asks for: twelve months in stage 1, the rest of the loan's life in stage 2, certainty in stage 3.

    Of independent equal years: 1 - (1 - p)^years, a year begun counted whole.
    """
    if stage == 3:
        return Fraction(1)
    years = max(1, -(-days_left // 365)) if stage == 2 else 1
    return 1 - (1 - exact(one_year)) ** years


def expected_loss(
    exposure: Exposure, default_probability: Exact, unsecured_loss: Exact, secured_loss: Exact
) -> ExpectedLoss:
    """EL = PD · LGD* · EAD with LGD* = (LGDu · EU + LGDs · ES) / E, ES = min(E, C (1 - Hc)), EU = E - ES (foundation
    IRB).

    All shares in [0, 1]; refused otherwise.
    """
    shares = (default_probability, unsecured_loss, secured_loss, exposure.conversion, exposure.collateral_haircut)
    if any(not 0 <= exact(share) <= 1 for share in shares):
        raise Invalid("share_out_of_range", "The %(name)s is a share between 0 and 1.", name=word("loss parameter"))
    at_default = exposure.drawn.exact + exact(exposure.conversion) * exposure.undrawn.exact
    secured = min(at_default, exposure.collateral.exact * (1 - exact(exposure.collateral_haircut)))
    lost = exact(unsecured_loss) * (at_default - secured) + exact(secured_loss) * secured
    share = lost / at_default if at_default else Fraction(0)
    currency = exposure.drawn.currency
    return ExpectedLoss(
        Money.rounded(at_default, currency),
        Money.rounded(secured, currency),
        share,
        Money.rounded(exact(default_probability) * lost, currency),
    )

"""Calls about the firm itself: who I am, members, the register, and proposals that take two people."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, SerializeAsAny

from frontend.api import Moment, MoneyShape, Nothing, Shape
from frontend.language import said
from frontend.proposals import Terms, terms_of
from frontend.tenants.calls import api
from marketplace.money import Money
from tenants import approvals, members, organisations
from tenants.approvals import Approval
from tenants.organisations import Kind
from tenants.permissions import Job
from tenants.workspace import Workspace

Word = Annotated[str, Field(min_length=1, max_length=200)]
Email = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]


class Me(Shape):
    """Who calls, and for whom."""

    person_id: UUID
    name: str
    email: str
    organisation_id: UUID
    organisation: str
    kinds: list[str]
    jobs: list[str]
    now: Moment


class OrganisationView(Shape):
    """A firm's public entry."""

    id: UUID
    name: str
    kinds: list[str]
    uscc: str | None
    lei: str | None
    city: str | None


class OrganisationQuery(Shape):
    """Whom to look for."""

    kind: Kind | None = None


class OrganisationPage(Shape):
    """Entries of the register."""

    items: list[OrganisationView]


class Admission(Shape):
    """A firm to be admitted, and its first member."""

    name: Word
    kinds: Annotated[list[Kind], Field(min_length=1, max_length=11)]
    uscc: Annotated[str, Field(max_length=18)] | None = None
    lei: Annotated[str, Field(max_length=20)] | None = None
    city: Annotated[str, Field(max_length=100)] | None = None
    email: Email


class Admitted(Shape):
    """The firm's id, and the one-time token of its first member's invitation."""

    organisation_id: UUID
    invitation: str


class MemberView(Shape):
    """A person of the firm."""

    person_id: UUID
    name: str
    email: str
    jobs: list[str]
    ended_at: Moment | None


class MemberPage(Shape):
    """The firm's people."""

    items: list[MemberView]


class InvitationBody(Shape):
    """Whom to invite, for which jobs."""

    email: Email
    jobs: Annotated[list[Job], Field(min_length=1, max_length=5)]


class InvitationView(Shape):
    """The one-time token."""

    invitation: str


def _in_words(summary: Any) -> Any:
    return said(summary) if isinstance(summary, dict) else summary


class ApprovalView(Shape):
    """A proposal that takes a second person."""

    id: UUID
    act: str
    subject_id: UUID
    summary: Annotated[str, BeforeValidator(_in_words)]
    maker: str
    made_at: Moment
    decision: str | None
    checker: str | None


class ProposalView(ApprovalView):
    """A proposal that waits, as its second person reads it before deciding: what the approval will carry out, and what stands in the way."""

    facts: Annotated[
        dict[str, Any],
        Field(description="What the summary names: money as {amount, currency}, quantities as {amount, unit}, lengths of time as {seconds}, moments and days in ISO 8601, shares as percentages."),
    ]  # fmt: skip
    terms: Annotated[
        SerializeAsAny[Terms] | None,
        Field(
            description="All that it says, as the proposal keeps it; null where the summary and its subject say all."
        ),
    ]
    obstacle: Annotated[
        str | None, Field(description="Why an approval would be refused or would wait now, or why the terms cannot be told.")
    ]  # fmt: skip
    may_decide: Annotated[bool, Field(description="Whether the caller may be the second person.")]


class ApprovalPage(Shape):
    """Proposals that wait, oldest first."""

    items: list[ProposalView]


class Decision(Shape):
    """The second person's word."""

    note: Annotated[str, Field(max_length=1000)] = ""


class Refusal(Shape):
    """The second person's no, which needs its reason."""

    note: Annotated[str, Field(min_length=1, max_length=1000)]


class JobsBody(Shape):
    """A colleague's jobs from now on."""

    jobs: Annotated[list[Job], Field(min_length=1, max_length=5)]


@api.look("/me", gives=Me)
def show_me(ws: Workspace) -> Me:
    """Who calls, and for whom."""
    member = ws.member
    return Me(
        person_id=member.person_id,
        name=member.name,
        email=member.email,
        organisation_id=member.tenant_id,
        organisation=member.organisation,
        kinds=sorted(member.kinds),
        jobs=sorted(member.jobs),
        now=ws.now,
    )


@api.look("/organisations", takes=OrganisationQuery, gives=OrganisationPage)
def list_organisations(ws: Workspace, body: OrganisationQuery) -> OrganisationPage:
    """The register of those who take part."""
    rows = organisations.all_organisations(ws.session)
    shown = [OrganisationView.model_validate(row) for row in rows if body.kind is None or body.kind in row.kinds]
    return OrganisationPage(items=shown)


@api.act("/organisations", takes=Admission, gives=Admitted, status=201)
def admit_organisation(ws: Workspace, body: Admission) -> Admitted:
    """Admit a firm and invite its first member."""
    organisation_id, token = members.admit_organisation(ws, **body.model_dump())
    return Admitted(organisation_id=organisation_id, invitation=token)


@api.look("/members", gives=MemberPage)
def list_members(ws: Workspace) -> MemberPage:
    """The firm's people."""
    return MemberPage(items=[MemberView.model_validate(row) for row in members.list_members(ws)])


@api.act("/invitations", takes=InvitationBody, gives=InvitationView, status=201)
def invite_member(ws: Workspace, body: InvitationBody) -> InvitationView:
    """Invite somebody into the firm."""
    return InvitationView(invitation=members.invite_member(ws, email=body.email, jobs=[str(job) for job in body.jobs]))


@api.act("/members/<uuid:person_id>/jobs", takes=JobsBody, gives=MemberView)
def set_jobs(ws: Workspace, person_id: UUID, body: JobsBody) -> MemberView:
    """Give a colleague other jobs."""
    members.set_jobs(ws, person_id, [str(job) for job in body.jobs])
    return MemberView.model_validate(members.find_member(ws, person_id))


@api.act("/members/<uuid:person_id>/end", gives=Nothing)
def end_membership(ws: Workspace, person_id: UUID, body: Nothing) -> Nothing:
    """End somebody's membership."""
    members.end_membership(ws, person_id)
    return body


@api.look("/approvals", gives=ApprovalPage)
def list_approvals(ws: Workspace) -> ApprovalPage:
    """Proposals that wait for a second person."""
    mine = {one.id for one in approvals.to_decide(ws)}
    return ApprovalPage(items=[_proposal(ws, row, may_decide=row.id in mine) for row in approvals.waiting(ws)])


def _proposal(ws: Workspace, row: Approval, *, may_decide: bool) -> ProposalView:
    terms, obstacle = terms_of(ws, row)
    facts = {name: _exact(fact) for name, fact in row.summary["facts"].items()}
    plain = ApprovalView.model_validate(row).model_dump()
    return ProposalView(**plain, facts=facts, terms=terms, obstacle=obstacle, may_decide=may_decide)


def _exact(fact: Any) -> Any:
    """A fact of a sentence for a machine: money by its amount, a sentence within it in words, all else as it is kept."""
    if isinstance(fact, list):
        return [_exact(one) for one in fact]
    if isinstance(fact, dict) and set(fact) == {"minor", "currency"}:
        return MoneyShape.model_validate(Money(**fact)).model_dump()
    return said(fact) if isinstance(fact, dict) and set(fact) == {"word", "facts"} else fact


@api.act("/approvals/<uuid:approval_id>/approval", takes=Decision, gives=ApprovalView)
def approve(ws: Workspace, approval_id: UUID, body: Decision) -> ApprovalView:
    """Approve as the second person."""
    return ApprovalView.model_validate(approvals.decide(ws, approval_id, approve=True, note=body.note))


@api.act("/approvals/<uuid:approval_id>/refusal", takes=Refusal, gives=ApprovalView)
def refuse(ws: Workspace, approval_id: UUID, body: Refusal) -> ApprovalView:
    """Refuse as the second person."""
    return ApprovalView.model_validate(approvals.decide(ws, approval_id, approve=False, note=body.note))

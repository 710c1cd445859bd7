-- After the payment: who may say what about the goods, and until when. What went out on its buyer's word comes back once, and under the pledge.

set role bailee_context;

-- Goods of a rescinded sale are back in their warehouse: the lot's account has them again. The pledge on them never ended, and their units were kept for it.
-- Only that lot's warehouse says so, only while the seller waits for them, and once.
create function gate.take_back_goods(auction uuid, attempt_no int) returns boolean language plpgsql volatile security definer set search_path = '' as $$
declare back house.handover; me uuid := gate.tenant();
begin
  select h.* into back from house.handover h join house.lot l on l.id = h.lot_id and l.warehouse_id = me
   where h.auction_id = auction and h.attempt = attempt_no and h.status = 'RETURNING' for no key update of h, l;
  if not found then return false; end if;
  back.quantity := coalesce(back.handed_qty, back.quantity);
  update house.lot l set verified_qty = l.verified_qty + back.quantity, departed_qty = l.departed_qty - back.quantity, share_left = l.share_left + back.quantity
   where l.id = back.lot_id and l.unit = back.unit and l.status in ('IN_DISPOSAL', 'FROZEN') and l.departed_qty >= back.quantity and l.pledged_qty >= back.quantity;
  if not found then return false; end if;
  update house.handover h set status = 'RETURNED', returned_at = gate.now() where h.auction_id = auction and h.attempt = attempt_no;
  return true;
end $$;

revoke all on function gate.take_back_goods(uuid, int) from public;
grant execute on function gate.take_back_goods(uuid, int) to bailee_app, bailee_worker;

set role bailee_owner;

create function house.acceptance_stands() returns trigger language plpgsql set search_path = '' as $$
declare me uuid := gate.tenant(); until timestamptz := case old.status when 'TO_COLLECT' then old.collect_by when 'TO_ACCEPT' then old.accept_by end;
begin
  if (new.auction_id, new.attempt, new.tenant_id, new.registration_id, new.currency, new.collect_by) is distinct from
     (old.auction_id, old.attempt, old.tenant_id, old.registration_id, old.currency, old.collect_by)
     or (old.handed_at is not null and (new.handed_at, new.accept_by) is distinct from (old.handed_at, old.accept_by))
     or (old.refunded_at is not null and (new.refunded_at, new.refund_reference) is distinct from (old.refunded_at, old.refund_reference)) then
    raise exception 'what was agreed about acceptance does not change' using errcode = '23514';
  end if;
  if new.status <> old.status and new.status in ('ACCEPTED', 'DISPUTED') then
    if me = old.tenant_id or until is null or gate.now() >= until or (new.status = 'ACCEPTED' and old.status <> 'TO_ACCEPT') then
      raise exception 'the buyer accepts or disputes, in time' using errcode = '42501';
    end if;
  elsif (new.status, new.handed_at, new.reduction_minor, new.refund_minor, new.refunded_at) is distinct from (old.status, old.handed_at, old.reduction_minor, old.refund_minor, old.refunded_at) then
    if me <> old.tenant_id then raise exception 'the seller carries the sale on' using errcode = '42501'; end if;
    if new.status = 'LAPSED' and old.status <> 'LAPSED' and (until is null or gate.now() < until) then
      raise exception 'the buyer still has time' using errcode = '42501';
    end if;
    if new.status in ('REJECTED', 'REDUCED', 'RESCINDED') and new.status <> old.status and old.status <> 'DISPUTED' then
      raise exception 'nothing is disputed' using errcode = '23514';
    end if;
    if new.status = 'EMPTY' and new.status <> old.status and (old.status <> 'TO_COLLECT' or gate.sale_left(new.auction_id) is distinct from 0) then
      raise exception 'some of the goods are left for their buyer' using errcode = '23514';
    end if;
    if (new.reduction_minor, new.refund_minor) is distinct from (old.reduction_minor, old.refund_minor)
       and old.status <> 'DISPUTED' and not (old.reduction_minor = 0 and new.status in ('TO_ACCEPT', 'LAPSED', 'EMPTY') and exists (select from house.handover h
             where h.auction_id = new.auction_id and h.attempt = new.attempt and (h.handed_qty is not null or gate.sale_left(h.auction_id) < h.quantity * 1000))) then
      raise exception 'what is owed back follows from a decision, or once from a shortage' using errcode = '23514';
    end if;
  end if;
  return new;
end $$;
create trigger acceptance_stands before update on house.acceptance for each row execute function house.acceptance_stands();

-- What was said stands: the seller answers and decides, the supervisor reports, the mediator proposes, each once; nobody writes in another's place.
create function house.sale_dispute_stands() returns trigger language plpgsql set search_path = '' as $$
declare me uuid := gate.tenant();
begin
  if (new.tenant_id, new.id, new.auction_id, new.attempt, new.seller_id, new.number, new.title, new.quantity, new.unit, new.currency, new.ground, new.words, new.found, new.price_minor, new.contested_minor, new.raised_by, new.raised_at, new.settle_by) is distinct from
     (old.tenant_id, old.id, old.auction_id, old.attempt, old.seller_id, old.number, old.title, old.quantity, old.unit, old.currency, old.ground, old.words, old.found, old.price_minor, old.contested_minor, old.raised_by, old.raised_at, old.settle_by)
     or (old.answer is not null and (new.answer, new.answered_by, new.answered_at) is distinct from (old.answer, old.answered_by, old.answered_at))
     or (old.finding is not null and (new.finding, new.finding_found, new.finding_by, new.finding_at) is distinct from (old.finding, old.finding_found, old.finding_by, old.finding_at))
     or (old.mediation_from is not null and new.mediation_from is distinct from old.mediation_from)
     or (old.proposal is not null and (new.proposal, new.proposal_by, new.proposal_at) is distinct from (old.proposal, old.proposal_by, old.proposal_at))
     or (old.decision is not null and (new.decision, new.decided_because, new.decided_at, new.reduction_minor) is distinct from (old.decision, old.decided_because, old.decided_at, old.reduction_minor)) then
    raise exception 'what was said about a dispute stands' using errcode = '23514';
  end if;
  if (new.answer, new.decision) is distinct from (old.answer, old.decision) and me <> old.seller_id then
    raise exception 'the seller answers and decides' using errcode = '42501';
  end if;
  if new.mediation_from is distinct from old.mediation_from and (me <> old.seller_id or gate.now() < old.settle_by) then
    raise exception 'both sides still have time to settle it' using errcode = '42501';
  end if;
  if new.proposal is distinct from old.proposal and not exists (select from gate.access_grant g where g.tenant_id = me and g.object_id = old.id and g.role = 'mediator' and g.ended_at is null) then
    raise exception 'the mediator proposes' using errcode = '42501';
  end if;
  if new.finding is distinct from old.finding and not exists (select from gate.access_grant g where g.tenant_id = me and g.object_id = old.id and g.role = 'supervisor' and g.ended_at is null) then
    raise exception 'the supervisor reports' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger sale_dispute_stands before update on house.sale_dispute for each row execute function house.sale_dispute_stands();

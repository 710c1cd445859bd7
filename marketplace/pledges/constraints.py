"""What the database itself refuses about pledges: no unit twice, none outside its lot, no rewriting of the past.

The method is PostgreSQL 18's temporal foreign key with an exclusion constraint. Callers lock the lot's row first, in the order of lot ids; the
constraint is the last guard and not the everyday answer.
"""

# `held_units` is null once a pledge has ended: units that were pledged, released and driven away are not units of the lot any more.
RANGES = """
alter table house.pledge add constraint ex_pledge_units_once
  exclude using gist (tenant_id with =, lot_id with =, rank with =, units with &&, during with &&);
alter table house.pledge add constraint fk_pledge_within_lot
  foreign key (tenant_id, lot_id, period held_units) references house.lot_units (tenant_id, lot_id, period units);
alter table house.pledge add constraint ck_pledge_bounded
  check (not isempty(units) and not lower_inf(units) and not upper_inf(units) and not isempty(during) and not lower_inf(during));
alter table house.pledge add constraint ck_pledge_open_while_live
  check (upper_inf(during) = (status in ('DRAFT', 'SIGNED', 'REGISTERED', 'ACTIVE', 'IMPAIRED', 'ENFORCING')));
alter table house.pledge add constraint ck_pledge_controlled
  check (status in ('DRAFT', 'SIGNED', 'REGISTERED', 'CANCELLED') or (control_id is not null and active_at is not null));
alter table house.pledge add constraint ck_pledge_second_by_consent check (rank = 1 or consent_id is not null);
"""

# A pledge begins now, holds until it ends, ends once, and only ever gives units back: an offer by the pledgor's hand, a pledge in force by the bank's
# alone (the warehouse takes off what it weighed out under the bank's order).
HISTORY = """
create function house.pledge_history() returns trigger language plpgsql set search_path = '' as $$
declare me uuid := gate.tenant();
begin
  if current_user = 'bailee_context' then return new; end if;  -- the gate moves pledges with their units (FOLLOW)
  if tg_op = 'INSERT' then
    if new.status <> 'DRAFT' then raise exception 'a pledge begins as an offer' using errcode = '42501'; end if;
    if not upper_inf(new.during) or lower(new.during) < gate.now() - interval '1 hour' then
      raise exception 'a pledge is not back-dated' using errcode = '42501';
    end if;
    if new.rank > 1 then
      perform from house.lot l where l.tenant_id = new.tenant_id and l.id = new.lot_id for no key update;
      if not house.may_stand_behind(new) then
        raise exception 'a second rank stands behind a first that is in force and consented' using errcode = '42501';
      end if;
    end if;
    if new.rank = 1 then
      perform from house.lot l where l.tenant_id = new.tenant_id and l.id = new.lot_id for no key update;
      if not house.pledged_as_it_stands(new) then
        raise exception 'goods under a receipt are pledged by it, whole, and others are not' using errcode = '23P01';
      end if;
    end if;
    return new;
  end if;
  if new.by_receipt and new.rank = 1 and new.status = 'ACTIVE' and old.status in ('DRAFT', 'SIGNED', 'REGISTERED') and not house.endorsed_in_pledge(new) then
    raise exception 'the receipt for these goods is not endorsed in pledge' using errcode = '55000';
  end if;
  if (new.tenant_id, new.id, new.deal_id, new.lot_id, new.bank_id, new.rank, new.consent_id, new.by_receipt, new.unit, new.supervisor_id, new.warehouse_id, lower(new.during)) is distinct from
     (old.tenant_id, old.id, old.deal_id, old.lot_id, old.bank_id, old.rank, old.consent_id, old.by_receipt, old.unit, old.supervisor_id, old.warehouse_id, lower(old.during)) then
    raise exception 'whose pledge this is does not change' using errcode = '42501';
  end if;
  if not new.units <@ old.units then raise exception 'a pledge takes no further units' using errcode = '42501'; end if;
  if old.rank = 1 and upper_inf(new.during) and new.units <> old.units and exists (select from house.lot l where l.tenant_id = new.tenant_id
       and l.id = new.lot_id and l.held_behind && (int8multirange(old.units) - int8multirange(new.units))) then
    raise exception 'a second bank holds these units too' using errcode = '55000';
  end if;
  if me <> old.bank_id and not (
       (me = old.tenant_id and new.status in (old.status, 'CANCELLED') and old.status in ('DRAFT', 'SIGNED', 'REGISTERED') and new.units = old.units)
       or (me in (old.warehouse_id, old.supervisor_id) and new.status in (old.status, 'RELEASED') and old.status in ('ACTIVE', 'IMPAIRED', 'ENFORCING'))) then
    raise exception 'this step on a pledge is not yours' using errcode = '42501';
  end if;
  if not upper_inf(old.during) and (new.during, new.units, new.status) is distinct from (old.during, old.units, old.status) then
    raise exception 'an ended pledge does not change' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger pledge_history before insert or update on house.pledge for each row execute function house.pledge_history();
"""

# The lot's own figures of what is held follow from its pledges, in the same statement: the first rank's quantity, and which units have a second behind it. `found` is false where the actor may not change the lot: then
# the pledge may not change either, since its quantity would be lost from the lot's account.
HOLDS = """
create function house.held_as(status text) returns text language sql immutable set search_path = '' as $$
  select case when status in ('DRAFT', 'SIGNED', 'REGISTERED') then 'reserved' when status in ('ACTIVE', 'IMPAIRED', 'ENFORCING') then 'pledged' end $$;
revoke all on function house.held_as(text) from public;
grant execute on function house.held_as(text) to bailee_app, bailee_worker, bailee_gateway, bailee_context;

create function house.pledge_holds() returns trigger language plpgsql set search_path = '' as $$
declare was text; became text := house.held_as(new.status); quantity_before numeric := 0; units_before int8multirange := '{}'; units_after int8multirange := '{}';
        behind_before int8multirange := '{}'; behind_after int8multirange := '{}';
begin
  if tg_op = 'UPDATE' then
    was := house.held_as(old.status);
    quantity_before := old.quantity;
    if was is not null and old.rank = 1 then units_before := int8multirange(old.units); end if;
    if was is not null and old.rank > 1 then was := null; behind_before := int8multirange(old.units); end if;
    if new.lot_id <> old.lot_id then
      update house.lot l set
        reserved_qty = l.reserved_qty - case when was = 'reserved' then old.quantity else 0 end,
        pledged_qty = l.pledged_qty - case when was = 'pledged' then old.quantity else 0 end,
        held = l.held - units_before, held_behind = l.held_behind - behind_before
       where l.tenant_id = old.tenant_id and l.id = old.lot_id;
      was := null; quantity_before := 0; units_before := '{}'; behind_before := '{}';
    end if;
  end if;
  if became is not null and new.rank > 1 then became := null; behind_after := int8multirange(new.units); end if;
  if became is not null then units_after := int8multirange(new.units); end if;
  if was is not distinct from became and units_before = units_after and behind_before = behind_after then return null; end if;
  update house.lot l set
    reserved_qty = l.reserved_qty + case when became = 'reserved' then new.quantity else 0 end - case when was = 'reserved' then quantity_before else 0 end,
    pledged_qty = l.pledged_qty + case when became = 'pledged' then new.quantity else 0 end - case when was = 'pledged' then quantity_before else 0 end,
    held = l.held - units_before + units_after,
    held_behind = l.held_behind - behind_before + behind_after
   where l.tenant_id = new.tenant_id and l.id = new.lot_id;
  if not found then raise exception 'the lot of this pledge is not yours to change' using errcode = '42501'; end if;
  return null;
end $$;
create trigger pledge_holds after insert or update on house.pledge for each row execute function house.pledge_holds();
"""

# Where units of a lot go into another lot, what is pledged goes with them, unit by unit, with every right it has: only if its bank consented, and no
# order to release is open. A pledge that a split cuts becomes two of the same deal, one on each side (invariant 4: children's pledge = parent's pledge).
FOLLOW = """
create function house.pledges_follow() returns trigger language plpgsql set search_path = '' as $$
declare held house.pledge; part int8range; moved int8range;
begin
  if new.moved_at is null or old.moved_at is not null or new.parent_units is null then return null; end if;
  for held in select * from house.pledge p where p.tenant_id = new.tenant_id and p.lot_id = new.parent_id and p.held_units && new.parent_units order by p.units for update loop
    if not exists (select from house.conversion_consent c where c.conversion_id = new.conversion_id and c.tenant_id = held.bank_id) then
      raise exception 'the bank that holds these goods has not consented' using errcode = '55000';
    end if;
    if exists (select from house.release_order o where o.lot_id = new.parent_id and o.status = 'ORDERED') then
      raise exception 'an order to release these goods is open' using errcode = '55000';
    end if;
    part := held.units * new.parent_units;
    moved := int8range(lower(part) - lower(new.parent_units) + lower(new.child_units), upper(part) - lower(new.parent_units) + lower(new.child_units));
    if part = held.units then
      update house.pledge p set lot_id = new.child_id, lot_number = new.child_number, units = moved where p.tenant_id = held.tenant_id and p.id = held.id;
    else
      update house.pledge p set units = held.units - part, quantity = held.quantity - (upper(part) - lower(part)) / 1000.0 where p.tenant_id = held.tenant_id and p.id = held.id;
      insert into house.pledge (tenant_id, id, deal_id, lot_id, lot_number, product_name, grade, site_name, bank_id, supervisor_id, warehouse_id, rank, units, during,
                                quantity, unit, status, certificate, control_id, offered_at, active_at, ended_at, consent_id)
      values (held.tenant_id, uuidv7(), held.deal_id, new.child_id, new.child_number, held.product_name, held.grade, held.site_name, held.bank_id, held.supervisor_id,
              held.warehouse_id, held.rank, moved, held.during, (upper(part) - lower(part)) / 1000.0, held.unit, held.status, held.certificate, held.control_id,
              held.offered_at, held.active_at, held.ended_at, held.consent_id);
    end if;
  end loop;
  return null;
end $$;
create trigger pledges_follow after update on house.lot_descent for each row execute function house.pledges_follow();
"""

# The pledge mark on warehouse receipts follows the pledges (inventory/receipt_constraints.py).
MARKS = """
create function house.pledge_marks() returns trigger language plpgsql set search_path = '' as $$
begin
  if current_user <> 'bailee_context' then perform gate.mark_receipts(new.tenant_id, new.lot_id); end if;
  return null;
end $$;
create trigger pledge_marks after insert or update on house.pledge for each row execute function house.pledge_marks();
"""

# Goods under a receipt are pledged by it and through it, whole, by its holder; goods under none as they lie: never both ways (Interpretation on Security 59
# ranks who did). The lot's row is held, so no receipt is issued, endorsed or ended in the same moment.
PAPERS = """
create function house.pledged_as_it_stands(wanted house.pledge) returns boolean language sql stable set search_path = '' as $$
  select case when wanted.by_receipt then coalesce(int8multirange(wanted.units) <@ (select range_agg(r.live_units) from house.warehouse_receipt r
      where r.owner_id = wanted.tenant_id and r.lot_id = wanted.lot_id and r.holder_id = wanted.tenant_id and r.status = 'ISSUED' and r.live_units <@ wanted.units), false)
    else not exists (select from house.lot l where l.tenant_id = wanted.tenant_id and l.id = wanted.lot_id and l.receipted && wanted.units) end $$;
create function house.endorsed_in_pledge(wanted house.pledge) returns boolean language sql stable set search_path = '' as $$
  select coalesce(int8multirange(wanted.units) <@ (select range_agg(r.live_units) from house.warehouse_receipt r where r.owner_id = wanted.tenant_id
      and r.lot_id = wanted.lot_id and r.bank_id = wanted.bank_id and r.pledge_signed_at is not null), false) $$;
revoke all on function house.pledged_as_it_stands(house.pledge), house.endorsed_in_pledge(house.pledge) from public;
grant execute on function house.pledged_as_it_stands(house.pledge), house.endorsed_in_pledge(house.pledge) to bailee_app, bailee_worker, bailee_gateway;
"""

# A pledge holds whole items of a serialised lot: with "no unit twice" that is "no item twice" (invariant 2).
ITEMS = """
create function house.pledge_whole_items() returns trigger language plpgsql set search_path = '' as $$
begin
  if upper_inf(new.during) and exists (select from house.lot_item i where i.tenant_id = new.tenant_id and i.lot_id = new.lot_id and i.ended_at is null
       and i.units && new.units and not i.units <@ new.units) then
    raise exception 'a pledge does not cut an item' using errcode = '23P01';
  end if;
  return null;
end $$;
create trigger pledge_whole_items after insert or update of units on house.pledge for each row execute function house.pledge_whole_items();
"""

# A second rank stands behind the first of the deal whose bank consented, on units that this deal holds in force. Where a first rank ends, what stood
# behind it moves up in the same statement, with the right that it had; where the goods were sold, the sale freed them of both.
RANKS = """
create function house.may_stand_behind(wanted house.pledge) returns boolean language sql stable set search_path = '' as $$
  select exists (select from house.rank_consent c where c.tenant_id = wanted.tenant_id and c.id = wanted.consent_id and c.status = 'CONSENTED'
    and c.second_deal_id = wanted.deal_id and c.second_bank_id = wanted.bank_id and exists (
      select from house.pledge p where p.tenant_id = wanted.tenant_id and p.lot_id = wanted.lot_id and p.deal_id = c.first_deal_id and p.rank = 1
         and p.status = 'ACTIVE' and wanted.units <@ p.held_units)
    and exists (select from jsonb_array_elements(c.goods) g where (g->>'lot_id')::uuid = wanted.lot_id)) $$;
revoke all on function house.may_stand_behind(house.pledge) from public;
grant execute on function house.may_stand_behind(house.pledge) to bailee_app, bailee_worker, bailee_gateway;

set role bailee_context;
create function gate.move_ranks_up(owner uuid, lot uuid) returns void language plpgsql volatile security definer set search_path = '' as $$
declare behind house.pledge; begun timestamptz; sold boolean;
begin
  perform from house.lot l where l.tenant_id = owner and l.id = lot for no key update;
  for behind in select * from house.pledge p where p.tenant_id = owner and p.lot_id = lot and p.rank > 1 and upper_inf(p.during)
     and not exists (select from house.pledge f where f.tenant_id = owner and f.lot_id = lot and f.rank = 1 and f.held_units && p.units) order by p.units for update loop
    select upper(f.during), f.status = 'REALISED' into strict begun, sold from house.pledge f
     where f.tenant_id = owner and f.lot_id = lot and f.rank = 1 and not upper_inf(f.during) and f.units && behind.units order by upper(f.during) desc limit 1;
    if sold then
      update house.pledge p set status = case when p.control_id is null then 'CANCELLED' else 'REALISED' end, ended_at = begun,
             during = tstzrange(lower(p.during), greatest(begun, lower(p.during) + interval '1 microsecond'))
       where p.tenant_id = behind.tenant_id and p.id = behind.id;
    else
      update house.pledge p set rank = 1, during = tstzrange(greatest(lower(p.during), begun), null) where p.tenant_id = behind.tenant_id and p.id = behind.id;
    end if;
  end loop;
  if found then perform gate.mark_receipts(owner, lot); end if;
end $$;
revoke all on function gate.move_ranks_up(uuid, uuid) from public;
grant execute on function gate.move_ranks_up(uuid, uuid) to bailee_app, bailee_worker, bailee_gateway;
set role bailee_owner;

create function house.pledge_ranks() returns trigger language plpgsql set search_path = '' as $$
begin
  if current_user <> 'bailee_context' then perform gate.move_ranks_up(new.tenant_id, new.lot_id); end if;
  return null;
end $$;
create trigger pledge_ranks after update on house.pledge for each row
  when (old.rank = 1 and upper_inf(old.during) and not upper_inf(new.during)) execute function house.pledge_ranks();
"""

# An entry among owners reaches the firms below it; where one of them is a pledgor or keeps pledged goods, and pledgor and keeper are related now, the bank
# of the deal is woken: the platform, which entered it, sees no deal.
KEEPERS = """
set role bailee_context;
create function gate.warn_of_keepers(wanted uuid) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (select from house.stake s where s.tenant_id = gate.tenant() and s.id = wanted) then raise exception 'no entry of yours' using errcode = '42501'; end if;
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at, timer_key)
  with recursive below(firm) as (
    select s.firm_id from house.stake s where s.id = wanted
    union select s.firm_id from below b join house.stake s on gate.owner_node(s.owner_key) = b.firm::text where s.until is null),
  touched as (
    select distinct p.bank_id, p.deal_id, p.tenant_id, k.keeper from house.pledge p cross join lateral (values (p.warehouse_id), (p.supervisor_id)) k(keeper)
     where upper_inf(p.during) and (p.tenant_id in (select b.firm from below b) or k.keeper in (select b.firm from below b)))
  select distinct on (t.bank_id, t.deal_id) t.bank_id, uuidv7(), 'pledges.warn_of_keepers', t.deal_id, 0, '{}'::jsonb, gate.now(), clock_timestamp(), 'keepers:' || t.deal_id || ':' || wanted
    from touched t where gate.related_rule(t.tenant_id, t.keeper) is not null
  on conflict (tenant_id, subscriber, timer_key) where timer_key is not null do nothing;
  if found then perform pg_catalog.pg_notify('deliveries', ''); end if;
end $$;
revoke all on function gate.warn_of_keepers(uuid) from public;
grant execute on function gate.warn_of_keepers(uuid) to bailee_app, bailee_worker;
set role bailee_owner;
"""

STATEMENTS = [RANGES, HISTORY, HOLDS, FOLLOW, MARKS, PAPERS, ITEMS, RANKS, KEEPERS]

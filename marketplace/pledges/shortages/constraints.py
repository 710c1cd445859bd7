"""What the gate does in a shortage: it stops the goods of all owners at once, takes the claims as they stand, and lets out no more than the shares; what is found later it puts back.

Nobody who reports sees all claims, so no hand but the gate's could stop them in one transaction.
"""

# Of one kind are goods at one site with one customs code, grade, unit and price series (product names are each owner's own); what was poured into one bulk
# is of that bulk alone. Goods kept item by item can be told apart and are left out.
ALIKE = """
set role bailee_context;
create function gate.goods_alike(sample uuid) returns setof house.lot language sql stable security definer set search_path = '' as $$
  select l.* from house.lot s join house.lot l on l.site_id = s.site_id and l.hs_code = s.hs_code and lower(btrim(l.grade)) = lower(btrim(s.grade)) and l.unit = s.unit
     and l.price_code = s.price_code and l.bulk_id is not distinct from s.bulk_id and l.tracking <> 'SERIALISED'
   where s.id = sample and s.tracking <> 'SERIALISED' $$;
create function gate.left_since(lot uuid, since timestamptz) returns bigint language sql stable security definer set search_path = '' as $$
  select greatest(0, coalesce(sum(case e.kind when 'LotDeparted' then (e.facts::jsonb->'departed'->>'amount')::numeric
                                              else - (e.facts::jsonb->'returned'->>'amount')::numeric end), 0) * 1000)::bigint
    from house.event e where e.stream_id = lot and e.kind in ('LotDeparted', 'LotReturned') and e.at > since $$;
revoke all on function gate.goods_alike(uuid), gate.left_since(uuid, timestamptz) from public;
"""

# Claims are what the record says at this instant: goods that were sold and paid for are their buyer's; an owner's goods as verified, less those and those under
# a receipt in another's hands; such receipts; pledges in force but for what was sold, at most what is left to their pledgor. What left in the look-back is its owner's, its buyer's, its receipt holder's, and among an owner's banks that of the bank that ordered it.
OPEN = """
create function gate.open_shortage(wanted uuid, called text, sample uuid, said_found bigint, said_because text, said_evidence jsonb, since timestamptz, until timestamptz, said_reason jsonb)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare me uuid := gate.tenant(); instant timestamptz := gate.now(); like_this house.lot; lead uuid; present uuid[]; lots uuid[]; total bigint;
begin
  select * into like_this from house.lot l where l.id = sample and me in (l.warehouse_id, l.supervisor_id);
  if not found then raise exception 'these goods are not yours to watch' using errcode = '42501'; end if;
  perform pg_advisory_xact_lock(hashtextextended(like_this.site_id::text, 7));
  perform from house.lot l where l.id in (select a.id from gate.goods_alike(sample) a) order by l.id for no key update;
  select array_agg(a.id) filter (where a.status in ('RECEIVED', 'VERIFIED', 'RESERVED', 'PLEDGED', 'FROZEN', 'IN_DISPOSAL', 'SOLD')), array_agg(a.id)
    into present, lots from gate.goods_alike(sample) a where a.status <> 'DECLARED' and (a.departed_at is null or a.departed_at > since);
  if present is null then raise exception 'no such goods lie here' using errcode = '55000'; end if;
  if exists (select from house.lot l where l.id = any(present) and l.shortage_id is not null) then
    raise exception 'a shortage of these goods is open already' using errcode = '55006';
  end if;
  select l.supervisor_id into lead from house.lot l where l.id = any(present) group by l.supervisor_id
   order by exists (select from (select o.tenant_id from house.lot o where o.id = any(lots) union select like_this.warehouse_id) party(id)
                     where gate.related_rule(l.supervisor_id, party.id) is not null),
            l.supervisor_id <> me, sum(coalesce(l.verified_qty, 0)) desc, l.supervisor_id limit 1;
  insert into house.shortage (tenant_id, id, number, site_id, site_name, warehouse_id, product_name, grade, unit, bulk_id, status, found_units, claimed_units, claimants,
                              reported_by_id, because, evidence, since, opened_at, objections_until)
  values (lead, wanted, called, like_this.site_id, like_this.site_name, like_this.warehouse_id, like_this.product_name, like_this.grade, like_this.unit, like_this.bulk_id,
          'OPEN', said_found, 0, 0, me, said_because, said_evidence, since, instant, until);
  insert into house.shortage_lot (tenant_id, shortage_id, lot_id, lot_number, supervisor_id, froze)
  select l.tenant_id, wanted, l.id, l.number, l.supervisor_id, l.status not in ('FROZEN', 'SOLD') from house.lot l where l.id = any(present);
  perform gate.take_claims(wanted, lots, present, since);
  update house.shortage s set (claimed_units, claimants) =
     (select coalesce(sum(c.claimed_units) filter (where c.kind <> 'PLEDGE'), 0), count(distinct c.tenant_id) from house.shortage_line c where c.shortage_id = wanted)
   where s.id = wanted returning s.claimed_units into total;
  if said_found >= total then raise exception 'all that is claimed was found' using errcode = '23514'; end if;
  insert into gate.access_grant (tenant_id, object_id, role, kind, may_share, granted_by, created_at)
  select lead, wanted, 'supervisor', 'shortage', true, me, instant union select like_this.warehouse_id, wanted, 'warehouse', 'shortage', false, me, instant
  union select l.supervisor_id, wanted, 'keeper', 'shortage', false, me, instant from house.lot l where l.id = any(present) and l.supervisor_id <> lead
  union select c.tenant_id, wanted, 'claimant', 'shortage', false, me, instant from house.shortage_line c where c.shortage_id = wanted;
  perform gate.watch_lots(wanted);
  update house.lot l set kept_status = l.status, status = 'FROZEN', frozen_reason = said_reason, frozen_by = lead
   where l.id = any(present) and l.status not in ('FROZEN', 'SOLD');
  update house.lot l set shortage_id = wanted, share_left = 0 where l.id = any(present);
end $$;

create function gate.take_claims(wanted uuid, lots uuid[], present uuid[], since timestamptz) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into house.shortage_line (tenant_id, id, shortage_id, kind, title_id, lot_id, lot_number, sale_id, rank, claimed_units, taken_units)
  select s.buyer_id, uuidv7(), wanted, 'SALE', s.buyer_id, l.id, l.number, s.sale_id, 1, case when l.id = any(present) then least(s.waits, (coalesce(l.verified_qty, 0) * 1000)::bigint) else 0 end, s.had
    from gate.sold_of(lots, since) s join house.lot l on l.id = s.lot_id where s.waits + s.had > 0;
  insert into house.shortage_line (tenant_id, id, shortage_id, kind, title_id, lot_id, lot_number, receipt_id, rank, claimed_units, taken_units)
  select r.holder_id, uuidv7(), wanted, 'RECEIPT', r.holder_id, r.lot_id, r.lot_number, r.id, 1, case when r.live_units is null then 0 else upper(r.units) - lower(r.units) end,
         case when r.live_units is null then upper(r.units) - lower(r.units) else 0 end
    from house.warehouse_receipt r where r.lot_id = any(lots) and r.holder_id <> r.owner_id and (r.live_units is not null and r.lot_id = any(present) or exists (
      select from house.event e where e.stream_id = r.id and e.kind = 'ReceiptSurrendered' and e.at > since and (e.facts::jsonb->>'delivered')::boolean))
     and not exists (select from gate.sold_of(lots, since) s join house.pledge p on p.deal_id = s.deal_id and p.lot_id = s.lot_id and p.status in ('ENFORCING', 'REALISED')
                      where s.lot_id = r.lot_id and p.units && r.units);
  insert into house.shortage_line (tenant_id, id, shortage_id, kind, title_id, lot_id, lot_number, rank, claimed_units, taken_units)
  select t.tenant_id, uuidv7(), wanted, 'TITLE', t.tenant_id, t.id, t.number, 1, t.claimed, t.taken from (
    select l.tenant_id, l.id, l.number,
           case when l.id = any(present) then greatest(0, (coalesce(l.verified_qty, 0) * 1000)::bigint - coalesce(p.claimed, 0)) else 0 end as claimed,
           greatest(0, gate.left_since(l.id, since) - coalesce(p.taken, 0)) as taken
      from house.lot l left join (select c.lot_id, sum(c.claimed_units)::bigint as claimed, sum(c.taken_units)::bigint as taken from house.shortage_line c where c.shortage_id = wanted group by c.lot_id) p on p.lot_id = l.id
     where l.id = any(lots)) t where t.claimed + t.taken > 0;
  insert into house.shortage_line (tenant_id, id, shortage_id, kind, title_id, lot_id, lot_number, deal_id, rank, claimed_units, taken_units)
  select coalesce(h.bank_id, o.bank_id), uuidv7(), wanted, 'PLEDGE', l.tenant_id, l.id, l.number, coalesce(h.deal_id, o.deal_id), coalesce(h.rank, 1),
         coalesce(floor(h.units * least(1, coalesce(t.claimed_units, 0) / greatest(1, h.first))), 0)::bigint, coalesce(o.units, 0)
    from (select x.*, sum(x.units) filter (where x.rank = 1) over (partition by x.lot_id) as first from (
            select p.bank_id, p.deal_id, p.lot_id, p.rank, greatest(0, sum(upper(p.units) - lower(p.units))
                   - coalesce((select sum(s.sold) from gate.sold_of(present, since) s where p.rank = 1 and s.deal_id = p.deal_id and s.lot_id = p.lot_id), 0)) as units
              from house.pledge p where p.lot_id = any(present) and p.status in ('ACTIVE', 'IMPAIRED', 'ENFORCING') group by p.bank_id, p.deal_id, p.lot_id, p.rank) x where x.units > 0) h
    full join (select d.tenant_id as bank_id, x.deal_id, x.lot_id, (sum(x.weighed) * 1000)::bigint as units from house.release_execution x join house.release_order d on d.id = x.order_id
                where x.lot_id = any(lots) and x.executed_at > since group by d.tenant_id, x.deal_id, x.lot_id) o
      on (o.bank_id, o.deal_id, o.lot_id) = (h.bank_id, h.deal_id, h.lot_id) and h.rank = 1
    join house.lot l on l.id = coalesce(h.lot_id, o.lot_id)
    left join house.shortage_line t on t.shortage_id = wanted and t.kind = 'TITLE' and t.lot_id = l.id;
end $$;
"""

# The supervisor's hand alone, and only while the shortage is open: what the count found, the lines as corrected, the shares, the end.
DECIDE = """
create function gate.own_shortage(wanted uuid) returns house.shortage language plpgsql volatile security definer set search_path = '' as $$
declare found_row house.shortage;
begin
  select * into found_row from house.shortage s where s.id = wanted and s.tenant_id = gate.tenant() and s.status = 'OPEN' for update;
  if not found then raise exception 'this shortage is not yours to decide' using errcode = '42501'; end if;
  return found_row;
end $$;
-- Whoever takes part holds it for the length of an act, so that none is done upon a table that another act is changing.
create function gate.hold_shortage(wanted uuid) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from house.shortage s where s.id = wanted
     and exists (select from gate.access_grant g where g.tenant_id = gate.tenant() and g.object_id = wanted and g.ended_at is null) for no key update of s;
end $$;
create function gate.recount_shortage(wanted uuid, said_found bigint) returns void language plpgsql volatile security definer set search_path = '' as $$
declare own house.shortage := gate.own_shortage(wanted);
begin
  if said_found < 0 or said_found >= own.claimed_units then raise exception 'all that is claimed was found' using errcode = '23514'; end if;
  update house.shortage s set found_units = said_found where s.id = wanted;
  update house.shortage_line c set share_units = null where c.shortage_id = wanted;
end $$;
create function gate.correct_line(wanted uuid, said_line uuid, said_claimed bigint, said_taken bigint) returns void language plpgsql volatile security definer set search_path = '' as $$
declare own house.shortage := gate.own_shortage(wanted); total bigint;
begin
  update house.shortage_line c set share_units = null where c.shortage_id = wanted;
  update house.shortage_line c set claimed_units = said_claimed, taken_units = said_taken where c.shortage_id = wanted and c.id = said_line;
  if not found then raise exception 'there is no such line' using errcode = '42501'; end if;
  select sum(c.claimed_units) into total from house.shortage_line c where c.shortage_id = wanted and c.kind <> 'PLEDGE';
  if own.found_units >= total then raise exception 'all that is claimed was found' using errcode = '23514'; end if;
  update house.shortage s set claimed_units = total where s.id = wanted;
end $$;
create function gate.draw_shares(wanted uuid, lines uuid[], shares bigint[]) returns void language plpgsql volatile security definer set search_path = '' as $$
declare own house.shortage := gate.own_shortage(wanted);
begin
  update house.shortage_line c set share_units = d.share from unnest(lines, shares) d(line, share) where c.shortage_id = wanted and c.id = d.line;
  if exists (select from house.shortage_line c where c.shortage_id = wanted and c.share_units is null)
     or own.found_units <> (select sum(c.share_units) from house.shortage_line c where c.shortage_id = wanted and c.kind <> 'PLEDGE') then
    raise exception 'the shares are not all that was found' using errcode = '42501';
  end if;
  -- A lot without a line (not verified yet) is not shared out, so nothing limits it afterwards.
  update house.shortage_lot t set kept_units = (select sum(c.share_units) from house.shortage_line c where c.shortage_id = wanted and c.lot_id = t.lot_id and c.kind <> 'PLEDGE')
   where t.shortage_id = wanted;
end $$;
create function gate.end_shortage(wanted uuid, outcome text, said_digest text) returns void language plpgsql volatile security definer set search_path = '' as $$
declare own house.shortage := gate.own_shortage(wanted);
begin
  if outcome = 'CONFIRMED' and (gate.now() < own.objections_until or exists (select from house.shortage_objection o join house.shortage_line c on c.tenant_id = o.tenant_id and c.id = o.line_id
            where c.shortage_id = wanted and o.status = 'OPEN')
       or exists (select from house.shortage_line c where c.shortage_id = wanted and c.share_units is null)) then
    raise exception 'objections are open' using errcode = '42501';
  end if;
  update house.shortage s set status = outcome, decided_at = gate.now(), digest = said_digest where s.id = wanted;
  update house.lot l set status = l.kept_status, kept_status = null, frozen_reason = null, frozen_by = null
    from house.shortage_lot t where t.shortage_id = wanted and t.lot_id = l.id and t.froze and l.status = 'FROZEN' and l.shortage_id = wanted;
  update house.shortage_lot t set lost_units = greatest(0, (coalesce(l.verified_qty, 0) * 1000)::bigint - coalesce(t.kept_units, 0))
    from house.lot l where outcome = 'CONFIRMED' and t.shortage_id = wanted and l.id = t.lot_id and t.kept_units is not null;
  update house.lot l set shortage_id = null, share_left = case outcome when 'CONFIRMED' then t.kept_units / 1000.0 end
    from house.shortage_lot t where t.shortage_id = wanted and t.lot_id = l.id and l.shortage_id = wanted;
  if outcome = 'CONFIRMED' then
    update house.shortage_line c set left_units = c.share_units where c.shortage_id = wanted and (c.kind in ('RECEIPT', 'SALE') or c.kind = 'PLEDGE' and c.rank = 1);
  end if;
  perform gate.end_watch(wanted);
end $$;
-- Lots under other supervisors are seen by the one that decides for as long as it acts on them, and no longer.
create function gate.watch_lots(wanted uuid) returns void language sql volatile security definer set search_path = '' as $$
  insert into gate.access_grant as g (tenant_id, object_id, role, kind, may_share, granted_by, created_at)
  select s.tenant_id, t.lot_id, 'watcher', 'lot', false, gate.tenant(), gate.now() from house.shortage s join house.shortage_lot t on t.shortage_id = s.id
   where s.id = wanted and t.supervisor_id <> s.tenant_id on conflict (tenant_id, object_id, role) do update set ended_at = null $$;
create function gate.end_watch(wanted uuid) returns void language sql volatile security definer set search_path = '' as $$
  update gate.access_grant g set ended_at = gate.now() from house.shortage s join house.shortage_lot t on t.shortage_id = s.id
   where s.id = wanted and s.tenant_id = gate.tenant() and s.status <> 'OPEN' and g.object_id = t.lot_id and g.tenant_id = s.tenant_id and g.role = 'watcher' and g.ended_at is null $$;
"""

# What turns up after the table was confirmed goes back on it: all lines, lots and limits in one transaction, or none. A lot is given no more than was written
# off it, and a limit goes where nothing of its lot is short any more. What lots lost last comes back first, so a later shortage goes before an earlier one. An emptied
# lot stands again, and so does one that was reported lost: of that, what was found is there and nothing else. Both lie in their bin again, or in none if others took it.
PUT_BACK = """
create function gate.put_back_found(wanted uuid, more bigint, lines uuid[], shares bigint[])
returns table (lot uuid, called text, before numeric, after numeric) language plpgsql volatile security definer set search_path = '' as $$
declare own house.shortage; back record; given bigint; there house.lot; was numeric;
begin
  select * into own from house.shortage s where s.id = wanted and s.tenant_id = gate.tenant() and s.status = 'CONFIRMED' for update;
  if not found then raise exception 'this shortage is not yours to decide' using errcode = '42501'; end if;
  perform from house.lot l where l.id in (select t.lot_id from house.shortage_lot t where t.shortage_id = wanted) order by l.id for no key update;
  if more <= 0 or own.found_units + more > own.claimed_units then raise exception 'more was found than was missing' using errcode = '23514'; end if;
  if exists (select from house.shortage_lot t join house.shortage_lot o on o.lot_id = t.lot_id join house.shortage s on s.id = o.shortage_id
              where t.shortage_id = wanted and (s.status = 'OPEN' or s.status = 'CONFIRMED' and s.opened_at > own.opened_at and s.found_units < s.claimed_units)) then
    raise exception 'a later shortage of these goods goes before' using errcode = '55006';
  end if;
  update house.shortage_line c set share_units = d.share, left_units = c.left_units + d.share - c.share_units
    from unnest(lines, shares) d(line, share) where c.shortage_id = wanted and c.id = d.line and d.share >= c.share_units;
  if own.found_units + more <> (select sum(c.share_units) from house.shortage_line c where c.shortage_id = wanted and c.kind <> 'PLEDGE') then
    raise exception 'the shares are not all that was found' using errcode = '42501';
  end if;
  update house.shortage s set found_units = s.found_units + more, found_later_units = s.found_later_units + more where s.id = wanted;
  for back in select t.lot_id, t.kept_units as was, t.lost_units as lost, sum(c.share_units) as kept, bool_and(c.share_units = c.claimed_units) as whole
                from house.shortage_lot t join house.shortage_line c on c.shortage_id = t.shortage_id and c.lot_id = t.lot_id and c.kind <> 'PLEDGE'
               where t.shortage_id = wanted group by 1, 2, 3 order by 1 loop
    given := least(back.kept - back.was, back.lost);
    update house.shortage_lot t set kept_units = back.kept, lost_units = t.lost_units - given where t.shortage_id = wanted and t.lot_id = back.lot_id;
    update house.shortage_line c set left_units = null where back.whole and c.shortage_id = wanted and c.lot_id = back.lot_id;
    select * into there from house.lot l where l.id = back.lot_id;
    -- The loss may not be written off yet, where another supervisor does that: then it will be less.
    was := case when there.status = 'LOST' and given > 0 then 0 else there.verified_qty end;
    after := greatest(was, least(was, there.share_left) + given / 1000.0);
    update house.lot l set verified_qty = after,
           share_left = case when not back.whole or exists (select from house.shortage_line c where c.lot_id = l.id and c.left_units is not null) then l.share_left + (back.kept - back.was) / 1000.0 end,
           status = case when given > 0 and l.status in ('DEPARTED', 'SPLIT', 'MERGED', 'TRANSFORMED') then 'VERIFIED' else l.status end,
           departed_at = case when given > 0 then null else l.departed_at end
     where l.id = back.lot_id;
    if given > 0 then
      if there.status = 'LOST' then perform gate.stand_again(back.lot_id); end if;
      perform gate.lie_again(back.lot_id);
    end if;
    perform gate.grow_units(back.lot_id);
    lot := back.lot_id; called := there.number; before := was;
    if after <> before then return next; end if;
  end loop;
  perform gate.watch_lots(wanted);
end $$;
-- Lost goods that were found are what they would be had they never been lost: sold, or held as by now they are, or free; and frozen as they were, but for the shortage's own stop.
create function gate.stand_again(wanted uuid) returns void language plpgsql volatile security definer set search_path = '' as $$
declare stands text; stop house.event;
begin
  select case when exists (select from house.handover o join house.pledge p on p.deal_id = o.deal_id and p.lot_id = o.lot_id and p.status = 'REALISED'
                            where o.lot_id = wanted and o.status in ('ORDERED', 'HELD')) then 'SOLD'
              when exists (select from house.pledge p where p.lot_id = wanted and p.status = 'ENFORCING') then 'IN_DISPOSAL'
              when l.pledged_qty > 0 then 'PLEDGED' when l.reserved_qty > 0 then 'RESERVED' else 'VERIFIED' end into stands from house.lot l where l.id = wanted;
  select e.* into stop from house.event e where e.stream_id = wanted and e.kind in ('LotFrozen', 'LotUnfrozen') order by e.sequence desc limit 1;
  if stop.kind = 'LotFrozen' and not exists (select from house.shortage_lot t where t.lot_id = wanted and stop.evidence::jsonb ? t.shortage_id::text) then
    update house.lot l set status = 'FROZEN', kept_status = stands, frozen_by = stop.tenant_id, frozen_reason = stop.facts::jsonb->'reason' where l.id = wanted;
  else
    update house.lot l set status = stands where l.id = wanted;
  end if;
end $$;
-- A stay in the bin that the lot was in, unless one goes on. Where something else lies there by now, no bin is known until the warehouse says where the goods are.
create function gate.lie_again(wanted uuid) returns void language plpgsql volatile security definer set search_path = '' as $$
declare own house.lot; since timestamptz;
begin
  select * into own from house.lot l where l.id = wanted;
  if own.bin_id is null or exists (select from house.bin_stay s where s.lot_id = wanted and upper_inf(s.during)) then return; end if;
  select greatest(gate.now(), max(upper(s.during))) into since from house.bin_stay s
   where s.tenant_id = own.warehouse_id and s.bin_id = own.bin_id and not upper_inf(s.during) and (s.bulk_id is null or s.lot_id = wanted);
  insert into house.bin_stay (tenant_id, id, bin_id, lot_id, bulk_id, during) values (own.warehouse_id, uuidv7(), own.bin_id, wanted, own.bulk_id, tstzrange(since, null));
exception when exclusion_violation then
  update house.lot l set bin_id = null, bin_code = null where l.id = wanted;
end $$;
-- Units for what is verified beyond those that the lot has, the lowest that it gave up.
create function gate.grow_units(wanted uuid) returns void language plpgsql volatile security definer set search_path = '' as $$
declare own house.lot; has int8multirange; gap int8range; lacking bigint;
begin
  select * into own from house.lot l where l.id = wanted;
  select coalesce(range_agg(u.units), '{}') into has from house.lot_units u where u.tenant_id = own.tenant_id and u.lot_id = wanted;
  lacking := (own.verified_qty * 1000)::bigint - (select coalesce(sum(upper(u) - lower(u)), 0) from unnest(has) u);
  for gap in select u from unnest(int8multirange(int8range(0, (own.documented_qty * 1000)::bigint)) - has) u order by u loop
    exit when lacking <= 0;
    insert into house.lot_units (tenant_id, lot_id, units) values (own.tenant_id, wanted, int8range(lower(gap), least(upper(gap), lower(gap) + lacking)));
    lacking := lacking - least(lacking, upper(gap) - lower(gap));
  end loop;
end $$;
create function gate.seal_shortage(wanted uuid, said_digest text) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  update house.shortage s set digest = said_digest where s.id = wanted and s.tenant_id = gate.tenant() and s.status = 'CONFIRMED';
  if not found then raise exception 'this shortage is not yours to decide' using errcode = '42501'; end if;
end $$;
revoke all on function gate.watch_lots(uuid), gate.end_watch(uuid), gate.put_back_found(uuid, bigint, uuid[], bigint[]), gate.stand_again(uuid), gate.lie_again(uuid), gate.grow_units(uuid), gate.seal_shortage(uuid, text) from public;
grant execute on function gate.end_watch(uuid), gate.put_back_found(uuid, bigint, uuid[], bigint[]), gate.seal_shortage(uuid, text) to bailee_app, bailee_worker;
"""

# No bank's order takes more of a lot than its share, whoever sends lorries first, and one that came later no more than those with a share leave; the lot's own limit is in `inventory/constraints.py`.
LEAVE = """
create function gate.share_left(deal uuid, lot uuid) returns bigint language sql stable security definer set search_path = '' as $$
  select coalesce(min(c.left_units) filter (where c.deal_id = deal), greatest(0, (min(l.share_left) * 1000)::bigint - coalesce(sum(c.left_units) filter (where c.kind in ('RECEIPT', 'SALE') or exists (
           select from house.pledge p where p.deal_id = c.deal_id and p.lot_id = lot and p.status in ('ACTIVE', 'IMPAIRED', 'ENFORCING'))), 0)::bigint))
    from house.lot l left join house.shortage_line c on c.lot_id = l.id and c.left_units is not null
   where l.id = lot and l.share_left is not null and exists (select from gate.access_grant g where g.tenant_id = gate.tenant() and g.object_id = deal and g.ended_at is null) $$;
create function gate.draw_on_share() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  update house.shortage_line c set left_units = c.left_units - (new.weighed * 1000)::bigint where c.deal_id = new.deal_id and c.lot_id = new.lot_id and c.left_units is not null;
  return null;
end $$;
create function gate.draw_holder_share(lot uuid, holder uuid, units bigint) returns bigint language plpgsql volatile security definer set search_path = '' as $$
declare line house.shortage_line; rest bigint := units; mine bigint;
begin
  if not exists (select from house.lot l where l.id = lot and l.warehouse_id = gate.tenant() and l.share_left is not null) then
    raise exception 'not a lot of yours that was short' using errcode = '42501';
  end if;
  select coalesce(sum(c.left_units), 0) into mine from house.shortage_line c where c.lot_id = lot and c.tenant_id = holder and c.kind = 'RECEIPT';
  if mine < units then return mine; end if;
  for line in select * from house.shortage_line c where c.lot_id = lot and c.tenant_id = holder and c.kind = 'RECEIPT' and c.left_units > 0 order by c.id for update loop
    update house.shortage_line c set left_units = c.left_units - least(c.left_units, rest) where c.tenant_id = line.tenant_id and c.id = line.id;
    rest := rest - least(line.left_units, rest);
  end loop;
  return null;
end $$;
revoke all on function gate.draw_holder_share(uuid, uuid, bigint), gate.open_shortage(uuid, text, uuid, bigint, text, jsonb, timestamptz, timestamptz, jsonb), gate.take_claims(uuid, uuid[], uuid[], timestamptz), gate.own_shortage(uuid), gate.hold_shortage(uuid),
  gate.recount_shortage(uuid, bigint), gate.correct_line(uuid, uuid, bigint, bigint), gate.draw_shares(uuid, uuid[], bigint[]), gate.end_shortage(uuid, text, text),
  gate.share_left(uuid, uuid), gate.draw_on_share() from public;
grant execute on function gate.open_shortage(uuid, text, uuid, bigint, text, jsonb, timestamptz, timestamptz, jsonb), gate.hold_shortage(uuid), gate.recount_shortage(uuid, bigint), gate.correct_line(uuid, uuid, bigint, bigint),
  gate.draw_shares(uuid, uuid[], bigint[]), gate.end_shortage(uuid, text, text), gate.share_left(uuid, uuid), gate.draw_holder_share(uuid, uuid, bigint) to bailee_app, bailee_worker;
grant execute on function gate.draw_on_share() to bailee_app, bailee_worker, bailee_owner;
set role bailee_owner;
create trigger draw_on_share after insert on house.release_execution for each row execute function gate.draw_on_share();
"""

STATEMENTS = [ALIKE + OPEN + DECIDE + PUT_BACK + LEAVE]

-- What turns up after the table was confirmed goes back on it: all lines, lots and limits in one transaction, or none. A lot is given no more than was written
-- off it, and a limit goes where nothing of its lot is short any more. What lots lost last comes back first, so a later shortage goes before an earlier one. An emptied
-- lot stands again, and so does one that was reported lost: of that, what was found is there and nothing else. Both lie in their bin again, or in none if others took it.
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
-- So do damaged goods that their supervisor finds sound; those that were never verified wait for their inspection again.
create function gate.mend_lot(wanted uuid) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from house.lot l where l.id = wanted and l.supervisor_id = gate.tenant() and l.status = 'DAMAGED' for update;
  if not found then raise exception 'these goods are not yours to find sound' using errcode = '42501'; end if;
  perform gate.stand_again(wanted);
  update house.lot l set status = 'RECEIVED' where l.id = wanted and l.verified_qty is null;
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
revoke all on function gate.watch_lots(uuid), gate.end_watch(uuid), gate.put_back_found(uuid, bigint, uuid[], bigint[]), gate.stand_again(uuid), gate.mend_lot(uuid), gate.lie_again(uuid), gate.grow_units(uuid), gate.seal_shortage(uuid, text) from public;
grant execute on function gate.mend_lot(uuid), gate.end_watch(uuid), gate.put_back_found(uuid, bigint, uuid[], bigint[]), gate.seal_shortage(uuid, text) to bailee_app, bailee_worker;

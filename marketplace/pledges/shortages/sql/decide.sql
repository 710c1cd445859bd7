-- The supervisor's hand alone, and only while the shortage is open: what the count found, the lines as corrected, the shares, the end.
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

-- No bank's order takes more of a lot than its share, whoever sends lorries first, and one that came later no more than those with a share leave; the lot's own limit is in `inventory/constraints.py`.
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

"""What the database itself refuses about bins and zones, whatever the code above it does: DDL that metadata cannot say."""

# One pile cannot be two lots: no two stays in a bin at the same time, unless both are parts of the same bulk.
BIN_STAY = """
alter table house.bin_stay add constraint ex_bin_stay_one_lot
  exclude using gist (tenant_id with =, bin_id with =, coalesce(bulk_id, id) with <>, during with &&);
alter table house.bin_stay add constraint ck_bin_stay_begun check (not lower_inf(during) and not isempty(during));
"""

# What lies in a bin, and in all bins of a zone, never exceeds its capacity at the moment that goods come in. Goods leave their load behind as they go; what the gate
# puts back never went.
CAPACITY = """
create function house.load_of(quantity numeric, unit text, unit_kg numeric, measure text) returns numeric language sql immutable set search_path = '' as $$
  select quantity * case measure
    when 'KGM' then case unit when 'TNE' then 1000 when 'KGM' then 1 when 'DTN' then 100 when 'GRM' then 0.001 when 'LBR' then 0.45359237 else unit_kg end
    when 'MTQ' then case unit when 'MTQ' then 1 when 'LTR' then 0.001 end end $$;
revoke all on function house.load_of(numeric, text, numeric, text) from public;
grant execute on function house.load_of(numeric, text, numeric, text) to bailee_app, bailee_worker, bailee_gateway, bailee_context;
create function house.bin_load_fits() returns trigger language plpgsql set search_path = '' as $$
declare place record; there numeric;
begin
  if current_user = 'bailee_context' or not upper_inf(new.during) then return null; end if;
  perform from house.site s where s.tenant_id = new.tenant_id and s.id = (select b.site_id from house.bin b where b.tenant_id = new.tenant_id and b.id = new.bin_id) for no key update;
  for place in select b.id as bin_id, null::uuid as zone_id, b.capacity, b.capacity_unit from house.bin b where b.tenant_id = new.tenant_id and b.id = new.bin_id and b.capacity is not null
               union all select null, z.id, z.capacity, z.capacity_unit from house.bin b join house.zone z on z.tenant_id = b.tenant_id and z.id = b.zone_id
                where b.tenant_id = new.tenant_id and b.id = new.bin_id loop
    select sum(coalesce(house.load_of(coalesce(l.verified_qty, l.weighed_qty, l.documented_qty), l.unit, l.unit_kg, place.capacity_unit), 'infinity')) into there
      from house.bin_stay s join house.bin b on b.tenant_id = s.tenant_id and b.id = s.bin_id join house.lot l on l.id = s.lot_id
     where s.tenant_id = new.tenant_id and upper_inf(s.during) and (b.id = place.bin_id or b.zone_id = place.zone_id);
    if coalesce(there, 0) > place.capacity then raise exception 'more would lie here than fits' using errcode = '55000'; end if;
  end loop;
  return null;
end $$;
create trigger bin_load_fits after insert or update on house.bin_stay for each row execute function house.bin_load_fits();
"""

# What a bulk is does not change. How much lies in it follows from its lots; the gate tells it to those who take part, and of nobody's part but one's own.
BULK = """
create function house.bulk_guard() returns trigger language plpgsql set search_path = '' as $$
begin
  if (new.tenant_id, new.id, new.site_id, new.bin_id, new.product_name, new.grade, new.hs_code, new.unit, new.price_code, new.supervisor_id, new.opened_at) is distinct from
     (old.tenant_id, old.id, old.site_id, old.bin_id, old.product_name, old.grade, old.hs_code, old.unit, old.price_code, old.supervisor_id, old.opened_at) or old.closed_at is not null then
    raise exception 'what a bulk is made of does not change' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger bulk_guard before update on house.bulk for each row execute function house.bulk_guard();
create function house.lot_poured_once() returns trigger language plpgsql set search_path = '' as $$
begin
  if current_user <> 'bailee_context' and new.bulk_id is distinct from old.bulk_id and (old.bulk_id is not null or gate.tenant() <> old.warehouse_id
     or not exists (select from house.bulk b where b.tenant_id = old.warehouse_id and b.id = new.bulk_id and b.closed_at is null and b.bin_id = new.bin_id
                       and (b.unit, b.grade, b.hs_code, b.price_code, b.supervisor_id) = (new.unit, new.grade, new.hs_code, new.price_code, new.supervisor_id))) then
    raise exception 'goods are poured together once, with goods that are alike' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger lot_poured_once before update of bulk_id on house.lot for each row execute function house.lot_poured_once();
set role bailee_context;
create function gate.bulk_total(wanted uuid) returns table (verified numeric, unverified numeric, parts bigint) language sql stable security definer set search_path = '' as $$
  select coalesce(sum(l.verified_qty), 0), coalesce(sum(l.weighed_qty) filter (where l.verified_qty is null), 0), count(*)
    from house.lot l where l.bulk_id = wanted and l.status not in ('REJECTED', 'LOST', 'DEPARTED', 'SPLIT', 'MERGED', 'TRANSFORMED')
     and exists (select from gate.access_grant g where g.tenant_id = gate.tenant() and g.object_id = wanted and g.ended_at is null) $$;
create function gate.poured_together(lots uuid[]) returns table (lot_id uuid, expires_on date, moisture numeric) language sql stable security definer set search_path = '' as $$
  select distinct l.id, p.expires_on, p.moisture from house.lot l
    join house.lot p on p.bulk_id = l.bulk_id and p.status not in ('REJECTED', 'LOST', 'DEPARTED', 'SPLIT', 'MERGED', 'TRANSFORMED')
   where l.id = any(lots) and exists (select from gate.access_grant g where g.tenant_id = gate.tenant() and g.object_id = l.id and g.ended_at is null) $$;
revoke all on function gate.bulk_total(uuid), gate.poured_together(uuid[]) from public;
grant execute on function gate.bulk_total(uuid), gate.poured_together(uuid[]) to bailee_app, bailee_worker;
set role bailee_owner;
"""

STATEMENTS = [BIN_STAY, CAPACITY, BULK]

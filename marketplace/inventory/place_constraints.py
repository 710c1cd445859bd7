"""What the database itself refuses about bins and zones, whatever the code above it does: DDL that metadata cannot say."""

# One pile cannot be two lots: no two stays in a bin at the same time.
BIN_STAY = """
alter table house.bin_stay add constraint ex_bin_stay_one_lot
  exclude using gist (tenant_id with =, bin_id with =, during with &&);
alter table house.bin_stay add constraint ck_bin_stay_begun check (not lower_inf(during) and not isempty(during));
"""

# What lies in a bin, and in all bins of a zone, never exceeds its capacity at the moment that goods come in. Goods leave their load behind as they go.
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
  if not upper_inf(new.during) then return null; end if;
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

STATEMENTS = [BIN_STAY, CAPACITY]

"""What the database itself refuses about lots, whatever the code above it does: DDL that metadata cannot say."""

# Base units of a lot never overlap, and belong to a lot of their owner (temporal key, PostgreSQL 18).
LOT_UNITS = """
alter table house.lot_units drop constraint pk_lot_units;
alter table house.lot_units add constraint pk_lot_units primary key (tenant_id, lot_id, units without overlaps);
alter table house.lot_units add constraint fk_lot_units_lot foreign key (tenant_id, lot_id) references house.lot (tenant_id, id);
alter table house.lot_units add constraint ck_lot_units_bounded
  check (not lower_inf(units) and not upper_inf(units) and lower(units) >= 0);
create function house.lot_units_fall() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and ((new.tenant_id, new.lot_id) is distinct from (old.tenant_id, old.lot_id) or not new.units <@ old.units) then
    raise exception 'units of a lot are only given up' using errcode = '42501';
  end if;
  if not exists (select from house.lot l where l.tenant_id = new.tenant_id and l.id = new.lot_id and upper(new.units) <= l.documented_qty * 1000) then
    raise exception 'a lot has no more units than its papers say' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger lot_units_fall before insert or update on house.lot_units for each row execute function house.lot_units_fall();
"""

# Steps that the trade lists (rules/lots.py; a test holds the two together), who alone may take the two that create value, and figures that only
# ever fall. Holds are written by the pledges' own trigger, one level up, and never exceed what is verified at the moment they grow.
LOT_STEPS = """DECLARED>RECEIVED DECLARED>EXPIRED RECEIVED>VERIFIED RECEIVED>REJECTED VERIFIED>RESERVED RESERVED>VERIFIED RESERVED>PLEDGED
PLEDGED>VERIFIED PLEDGED>DEPARTED PLEDGED>IN_DISPOSAL IN_DISPOSAL>SOLD IN_DISPOSAL>PLEDGED SOLD>DEPARTED VERIFIED>DEPARTED
RECEIVED>FROZEN VERIFIED>FROZEN RESERVED>FROZEN PLEDGED>FROZEN IN_DISPOSAL>FROZEN
FROZEN>RECEIVED FROZEN>VERIFIED FROZEN>RESERVED FROZEN>PLEDGED FROZEN>IN_DISPOSAL
RECEIVED>LOST VERIFIED>LOST RESERVED>LOST PLEDGED>LOST IN_DISPOSAL>LOST FROZEN>LOST SOLD>LOST
RECEIVED>DAMAGED VERIFIED>DAMAGED RESERVED>DAMAGED PLEDGED>DAMAGED IN_DISPOSAL>DAMAGED FROZEN>DAMAGED SOLD>DAMAGED"""

LOT = """
create function house.lot_guard() returns trigger language plpgsql set search_path = '' as $$
declare me uuid := gate.tenant(); assayed boolean; steps text := ' <steps> ';
begin
  if current_user = 'bailee_context' then return new; end if;  -- the gate converts lots, and proves what it does (conversion_constraints.py)
  if tg_op = 'INSERT' then
    if new.status <> 'DECLARED' or new.weighed_qty is not null or new.verified_qty is not null
       or new.reserved_qty + new.pledged_qty + new.departed_qty + new.converted_qty <> 0 or new.held <> '{}' or new.held_behind <> '{}' or new.receipted <> '{}' or new.endorsed <> '{}'
       or new.shortage_id is not null or new.share_left is not null or new.moisture is not null then
      raise exception 'a lot begins with a declaration' using errcode = '42501';
    end if;
    return new;
  end if;
  if (new.tenant_id, new.id, new.number, new.product_id, new.unit, new.unit_kg, new.documented_qty, new.warehouse_id, new.supervisor_id, new.declared_at, new.conversion_id, new.produced_on, new.by_dry_weight, new.converted_qty, new.receipted, new.endorsed, new.shortage_id)
     is distinct from
     (old.tenant_id, old.id, old.number, old.product_id, old.unit, old.unit_kg, old.documented_qty, old.warehouse_id, old.supervisor_id, old.declared_at, old.conversion_id, old.produced_on, old.by_dry_weight, old.converted_qty, old.receipted, old.endorsed, old.shortage_id) then
    raise exception 'what a lot was declared as does not change' using errcode = '42501';
  end if;
  if new.weighed_qty is distinct from old.weighed_qty and new.conversion_id is not null and (old.weighed_qty is not null or not exists (
       select from house.conversion c where c.tenant_id = new.tenant_id and c.id = new.conversion_id and c.kind = 'TRANSFORM' and c.status = 'DONE'
         and c.output_qty >= new.weighed_qty + (select coalesce(sum(o.weighed_qty), 0) from house.lot o where o.tenant_id = c.tenant_id and o.conversion_id = c.id))) then
    raise exception 'what other lots were made into is weighed once, when they are' using errcode = '42501';
  end if;
  if (new.status <> old.status and position(' ' || old.status || '>' || new.status || ' ' in steps) = 0)
     or (new.kept_status <> old.kept_status and position(' ' || old.kept_status || '>' || new.kept_status || ' ' in steps) = 0)
     or (old.status <> 'FROZEN' and new.status = 'FROZEN' and new.kept_status is distinct from old.status)
     or (old.status = 'FROZEN' and new.status not in ('FROZEN', 'LOST', 'DAMAGED') and new.status is distinct from old.kept_status) then
    raise exception 'a lot takes no step from % to %', old.status, new.status using errcode = '42501';
  end if;
  if me = old.tenant_id and pg_trigger_depth() < 2 and old.status in ('PLEDGED', 'IN_DISPOSAL', 'SOLD', 'FROZEN') and new.status <> old.status
     and not (old.status = 'PLEDGED' and new.status = 'VERIFIED' and new.held = '{}') then  -- the last hold may be an offer that the owner takes back
    raise exception 'the owner takes no step upon goods that others hold' using errcode = '42501';
  end if;
  if new.status <> old.status and new.status in ('VERIFIED', 'DEPARTED') and new.reserved_qty + new.pledged_qty > 0 and old.status <> 'FROZEN' then
    raise exception 'part of the lot is still held' using errcode = '42501';
  end if;
  if new.weighed_qty is distinct from old.weighed_qty and (me <> old.warehouse_id or old.status not in ('DECLARED', 'RECEIVED')) then
    raise exception 'only the warehouse weighs, before inspection' using errcode = '42501';
  end if;
  if old.verified_qty is null and new.verified_qty is not null
     and (me <> old.supervisor_id or new.status <> 'VERIFIED' or new.verified_qty > least(new.documented_qty, new.weighed_qty)) then
    raise exception 'only the supervisor verifies, from evidence' using errcode = '42501';
  end if;
  -- Of a verified lot only its newest assay says anything else (assays/models.py).
  assayed := (new.expires_on, new.moisture) is distinct from (old.expires_on, old.moisture) and old.verified_qty is not null and coalesce((
     select (a.expires_on, a.moisture) is not distinct from (new.expires_on, new.moisture) from house.assay a where a.tenant_id = me and a.lot_id = new.id order by a.id desc limit 1), false);
  if new.expires_on is distinct from old.expires_on
     and (me <> old.supervisor_id or (old.verified_qty is not null and not assayed) or new.expires_on is null or (new.conversion_id is not null and new.expires_on > old.expires_on)) then
    raise exception 'only the supervisor confirms an expiry, when it verifies' using errcode = '42501';
  end if;
  if new.moisture is distinct from old.moisture and (me <> old.supervisor_id or (old.verified_qty is not null and not assayed)) then
    raise exception 'only the supervisor says how wet goods are, when it verifies' using errcode = '42501';
  end if;
  if new.verified_qty is distinct from old.verified_qty and (new.verified_qty is null or new.verified_qty > old.verified_qty) then
    raise exception 'a verified quantity only falls' using errcode = '42501';
  end if;
  if old.verified_qty - new.verified_qty > new.departed_qty - old.departed_qty and me <> old.supervisor_id then
    raise exception 'only the supervisor writes off what is missing' using errcode = '42501';
  end if;
  if new.departed_qty < old.departed_qty then
    raise exception 'what has left does not come back' using errcode = '42501';
  end if;
  if new.share_left is distinct from old.share_left then raise exception 'shares follow the table of a shortage' using errcode = '42501'; end if;
  new.share_left := old.share_left - (new.departed_qty - old.departed_qty);
  if new.share_left < 0 then raise exception 'more would leave than the shortage leaves of it' using errcode = '55000'; end if;
  if (new.reserved_qty, new.pledged_qty, new.held, new.held_behind) is distinct from (old.reserved_qty, old.pledged_qty, old.held, old.held_behind) and pg_trigger_depth() < 2 then
    raise exception 'holds follow the pledges' using errcode = '42501';
  end if;
  if new.reserved_qty + new.pledged_qty > old.reserved_qty + old.pledged_qty
     and (new.reserved_qty + new.pledged_qty > coalesce(new.verified_qty, 0) or new.kept_status is not null or new.shortage_id is not null) then
    raise exception 'more is held than is verified and free' using errcode = '23P01';
  end if;
  return new;
end $$;
create trigger lot_guard before insert or update on house.lot for each row execute function house.lot_guard();
""".replace("<steps>", " ".join(LOT_STEPS.split()))

STATEMENTS = [LOT_UNITS, LOT]

"""What the database itself refuses about serialised items, whatever the code above it does: DDL that metadata cannot say."""

# One live item for a serial and for a tag in the whole house; a tag that was on an item is never on another (invariant 38). The refusal names nobody.
ONCE = """
create unique index uq_lot_item_path on house.lot_item (path) where ended_at is null;
create unique index uq_lot_item_tag on house.lot_item (tag) where ended_at is null;
alter table house.lot_item add constraint ex_lot_item_tag_never_again exclude using gist (tag with =, path with <>);
alter table house.lot_item add constraint ex_lot_item_units_once
  exclude using gist (tenant_id with =, lot_id with =, units with &&) where (ended_at is null);
"""

# What an item was declared as does not change; the warehouse weighs it once; it gets its units with the verification and ends once.
GUARD = """
create function house.lot_item_guard() returns trigger language plpgsql set search_path = '' as $$
declare me uuid := gate.tenant(); lot house.lot;
begin
  if current_user = 'bailee_context' then return new; end if;  -- the gate moves items with their units (FOLLOW)
  select * into lot from house.lot l where l.tenant_id = new.tenant_id and l.id = new.lot_id;
  if tg_op = 'INSERT' then
    if lot.status is distinct from 'DECLARED' or lot.tracking <> 'SERIALISED' or new.weighed_qty is not null or new.units is not null or new.ended_at is not null then
      raise exception 'an item begins with a declaration' using errcode = '42501';
    end if;
    return new;
  end if;
  if (new.tenant_id, new.id, new.lot_id, new.serial, new.gtin, new.path, new.tag, new.documented_qty, new.unit, new.position, new.declared_at) is distinct from
     (old.tenant_id, old.id, old.lot_id, old.serial, old.gtin, old.path, old.tag, old.documented_qty, old.unit, old.position, old.declared_at) then
    raise exception 'what an item was declared as does not change' using errcode = '42501';
  end if;
  if old.ended_at is not null then raise exception 'an item ends once' using errcode = '42501'; end if;
  if new.weighed_qty is distinct from old.weighed_qty and (old.weighed_qty is not null or me <> lot.warehouse_id or lot.status not in ('DECLARED', 'RECEIVED')) then
    raise exception 'only the warehouse weighs an item, once' using errcode = '42501';
  end if;
  if new.units is distinct from old.units and (old.units is not null or me <> lot.supervisor_id or lot.status <> 'VERIFIED'
     or upper(new.units) - lower(new.units) > least(new.documented_qty, new.weighed_qty) * 1000) then
    raise exception 'an item gets its units once, with the verification' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger lot_item_guard before insert or update on house.lot_item for each row execute function house.lot_item_guard();
create function house.lot_tracking_stays() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.tracking <> old.tracking and (old.status <> 'DECLARED' or old.tracking <> 'LOT' or (gate.tenant() <> old.tenant_id)) then
    raise exception 'how a lot is kept is settled before its goods come' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger lot_tracking_stays before update of tracking on house.lot for each row execute function house.lot_tracking_stays();
"""

# Where the lot ends its items end; where units go into another lot the items that are those units go with them, whole.
FOLLOW = """
create function house.lot_items_end() returns trigger language plpgsql set search_path = '' as $$
begin
  update house.lot_item i set ended_at = gate.now() where i.tenant_id = new.tenant_id and i.lot_id = new.id and i.ended_at is null;
  return null;
end $$;
create trigger lot_items_end after update of status on house.lot for each row
  when (new.status <> old.status and new.status in ('EXPIRED', 'REJECTED', 'DEPARTED', 'LOST', 'TRANSFORMED')) execute function house.lot_items_end();
create function house.items_follow() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.moved_at is null or old.moved_at is not null or new.parent_units is null then return null; end if;
  if exists (select from house.lot_item i where i.tenant_id = new.tenant_id and i.lot_id = new.parent_id and i.ended_at is null
              and i.units && new.parent_units and not i.units <@ new.parent_units) then
    raise exception 'an item is not cut' using errcode = '55000';
  end if;
  update house.lot_item i set lot_id = new.child_id,
         units = int8range(lower(i.units) - lower(new.parent_units) + lower(new.child_units), upper(i.units) - lower(new.parent_units) + lower(new.child_units))
   where i.tenant_id = new.tenant_id and i.lot_id = new.parent_id and i.ended_at is null and i.units <@ new.parent_units;
  return null;
end $$;
create trigger items_follow after update on house.lot_descent for each row execute function house.items_follow();
create function house.receipt_whole_items() returns trigger language plpgsql set search_path = '' as $$
begin
  if exists (select from house.lot_item i where i.tenant_id = new.owner_id and i.lot_id = new.lot_id and i.ended_at is null
              and i.units && new.units and not i.units <@ new.units) then
    raise exception 'a receipt does not cut an item' using errcode = '23P01';
  end if;
  return null;
end $$;
create trigger receipt_whole_items after insert or update of units on house.warehouse_receipt for each row execute function house.receipt_whole_items();
"""

STATEMENTS = [ONCE, GUARD, FOLLOW]

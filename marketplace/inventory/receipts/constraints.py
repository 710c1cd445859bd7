"""What the database itself refuses about receipts: no unit in two of them, none that is not there, no rewriting, no step by the wrong hand."""

# Receipts never exceed what is on hand: their units are units of the lot (temporal foreign key), each in one live receipt (exclusion).
RANGES = """
alter table house.warehouse_receipt add constraint ex_receipt_units_once
  exclude using gist (tenant_id with =, owner_id with =, lot_id with =, live_units with &&);
alter table house.warehouse_receipt add constraint fk_receipt_within_lot
  foreign key (owner_id, lot_id, period live_units) references house.lot_units (tenant_id, lot_id, period units);
alter table house.warehouse_receipt add constraint ck_receipt_bounded
  check (not isempty(units) and not lower_inf(units) and not upper_inf(units));
"""

RECEIPT_STEPS = """DRAFT>ISSUED DRAFT>CANCELLED ISSUED>SPLIT PLEDGED>SPLIT ISSUED>MERGED PLEDGED>MERGED ISSUED>DELIVERED DELIVERED>CANCELLED
PLEDGED>CANCELLED ISSUED>LOST PLEDGED>LOST LOST>REISSUED"""

GUARD = """
create function house.receipt_guard() returns trigger language plpgsql set search_path = '' as $$
declare me uuid; steps text := ' <steps> ';
begin
  if current_user = 'bailee_context' then return new; end if;  -- the gate keeps the pledge mark
  me := gate.tenant();
  if tg_op = 'INSERT' then
    if new.bank_id is not null or new.status <> 'DRAFT' then
      raise exception 'a receipt begins as a draft' using errcode = '42501';
    end if;
    if not exists (select from house.lot l where l.tenant_id = new.owner_id and l.id = new.lot_id and l.warehouse_id = me and l.unit = new.unit and l.verified_qty is not null) then
      raise exception 'a receipt is for goods that came in and were verified here' using errcode = '42501';
    end if;
    return new;
  end if;
  if (new.tenant_id, new.id, new.number, new.code, new.lot_id, new.owner_id, new.unit, new.content, new.parents, new.bank_id) is distinct from
     (old.tenant_id, old.id, old.number, old.code, old.lot_id, old.owner_id, old.unit, old.content, old.parents, old.bank_id)
     or (old.status <> 'DRAFT' and (new.units, new.content_hash, new.issued_at) is distinct from (old.units, old.content_hash, old.issued_at)) then
    raise exception 'what a receipt says does not change' using errcode = '42501';
  end if;
  if new.status <> old.status and position(' ' || old.status || '>' || new.status || ' ' in steps) = 0 then
    raise exception 'a receipt takes no step from % to %', old.status, new.status using errcode = '42501';
  end if;
  if new.holder_id <> old.holder_id and (old.status <> 'ISSUED' or old.bank_id is not null) then
    raise exception 'a pledged receipt does not change hands' using errcode = '42501';
  end if;
  if new.pledge_signed_at is distinct from old.pledge_signed_at and not (me = old.tenant_id and (
       exists (select from house.receipt_request q where q.receipt_id = new.id and q.kind = 'PLEDGE' and q.status = 'REQUESTED' and q.tenant_id = new.holder_id)
       or exists (select from house.warehouse_receipt p where p.tenant_id = new.tenant_id and new.parents ? p.id::text and p.pledge_signed_at is not null))) then
    raise exception 'an endorsement in pledge is signed by holder and warehouse' using errcode = '42501';
  end if;
  if old.status = 'LOST' and new.status = 'REISSUED' and gate.now() < old.notice_until then
    raise exception 'the public notice has not run out' using errcode = '42501';
  end if;
  if me <> old.tenant_id and not (new.status = 'LOST' and new.holder_id = old.holder_id and me = coalesce(old.bank_id, old.holder_id)) then
    raise exception 'this step on a receipt is not yours' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger receipt_guard before insert or update on house.warehouse_receipt for each row execute function house.receipt_guard();

-- What takes the place of a receipt stands for exactly its units (E33), told at commit so that old and new may be written in any order.
create function house.receipt_conserved() returns trigger language plpgsql set search_path = '' as $$
declare taken int8multirange; family int8multirange;
begin
  if new.status not in ('SPLIT', 'MERGED', 'REISSUED') or old.status = new.status then return null; end if;
  select range_agg(c.units) into taken from house.warehouse_receipt c where c.tenant_id = new.tenant_id and c.parents ? new.id::text;
  select range_agg(p.units) into family from house.warehouse_receipt p where p.tenant_id = new.tenant_id and p.status in ('SPLIT', 'MERGED', 'REISSUED')
     and exists (select from house.warehouse_receipt c where c.tenant_id = p.tenant_id and c.parents ? new.id::text and c.parents ? p.id::text);
  if taken is null or taken is distinct from family then
    raise exception 'the new receipts do not stand for exactly the units of the old' using errcode = '55000';
  end if;
  return null;
end $$;
create constraint trigger receipt_conserved after update on house.warehouse_receipt deferrable initially deferred
  for each row execute function house.receipt_conserved();

create function house.receipt_request_guard() returns trigger language plpgsql set search_path = '' as $$
declare me uuid := gate.tenant();
begin
  if tg_op = 'INSERT' then
    if new.status <> 'REQUESTED' or not exists (select from house.warehouse_receipt r where r.id = new.receipt_id
         and case when new.kind = 'PLEDGE' then r.holder_id = me and r.bank_id is not null else coalesce(r.bank_id, r.holder_id) = me end) then
      raise exception 'only who controls a receipt asks for anything to be done with it' using errcode = '42501';
    end if;
    return new;
  end if;
  if old.status <> 'REQUESTED' or (new.tenant_id, new.id, new.receipt_id, new.kind, new.receipts, new.terms) is distinct from
     (old.tenant_id, old.id, old.receipt_id, old.kind, old.receipts, old.terms) or (me = old.tenant_id and new.status <> 'WITHDRAWN') then
    raise exception 'a signed request does not change' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger receipt_request_guard before insert or update on house.receipt_request for each row execute function house.receipt_request_guard();
""".replace("<steps>", " ".join(RECEIPT_STEPS.split()))

# The lot's own account of receipts, and the pledge mark of each: recalculated by the gate from receipts and holds whenever either changes, so that neither a
# holder nor a bank can leave a mark off. A receipt is held for one bank at most, and what was endorsed away is not the owner's to pledge.
MARK = """
set role bailee_context;
create function gate.mark_receipts(owner uuid, lot uuid) returns void language plpgsql volatile security definer set search_path = '' as $$
declare one house.warehouse_receipt; banks uuid[];
begin
  if not exists (select from house.warehouse_receipt r where r.owner_id = owner and r.lot_id = lot) then return; end if;
  perform from house.lot l where l.tenant_id = owner and l.id = lot for no key update;
  for one in select * from house.warehouse_receipt r where r.owner_id = owner and r.lot_id = lot and r.live_units is not null order by r.units for update loop
    select array_agg(distinct p.bank_id) into banks from house.pledge p where p.tenant_id = owner and p.lot_id = lot and p.rank = 1 and p.held_units && one.units;
    if array_length(banks, 1) > 1 or (banks is not null and one.holder_id <> owner) then
      raise exception 'a receipt on these goods is in other hands' using errcode = '23P01';
    end if;
    if banks[1] is distinct from one.bank_id then
      update house.warehouse_receipt r set bank_id = banks[1], pledge_signed_at = null, status = case when r.status = 'LOST' then 'LOST' when banks is null then 'ISSUED' else 'PLEDGED' end
       where r.tenant_id = one.tenant_id and r.id = one.id;
      update house.receipt_request q set status = 'WITHDRAWN', answered_by = q.requested_by, answered_at = gate.now()
       where q.receipt_id = one.id and q.kind = 'PLEDGE' and q.status = 'REQUESTED';
      if one.bank_id is not null then
        update gate.access_grant g set ended_at = gate.now() where g.object_id = one.id and g.tenant_id = one.bank_id and g.role = 'bank' and g.ended_at is null;
      end if;
      if banks is not null then
        insert into gate.access_grant as g values (banks[1], one.id, 'bank', 'receipt', false, one.tenant_id, gate.now(), null)
        on conflict (tenant_id, object_id, role) do update set ended_at = null;
      end if;
    end if;
  end loop;
  update house.lot l set
    receipted = coalesce((select range_agg(r.live_units) from house.warehouse_receipt r where r.owner_id = owner and r.lot_id = lot), '{}'),
    endorsed = coalesce((select range_agg(r.live_units) from house.warehouse_receipt r where r.owner_id = owner and r.lot_id = lot and r.holder_id <> owner), '{}')
   where l.tenant_id = owner and l.id = lot;
end $$;

-- The verification page, for anybody who has number and code: what it says, that it is ours, whether it is pledged, and whether its goods are frozen, lost or damaged. Names of holders masked.
create function gate.verify_receipt(wanted text, said_code text)
returns table (number text, status text, issuer text, holder text, product_name text, grade text, site_name text, quantity numeric, unit text, pledged boolean,
               frozen boolean, spoilt text, content_hash text, issued_at timestamptz, notice_until timestamptz)
language sql stable security definer set search_path = '' as $$
  select r.number, r.status, i.name, left(h.name, greatest(1, least(2, length(h.name) / 4))) || '****', r.product_name, r.grade, r.site_name, r.quantity, r.unit, r.bank_id is not null,
         coalesce(l.status = 'FROZEN', false), case when l.status in ('LOST', 'DAMAGED') and r.status in ('ISSUED', 'PLEDGED', 'LOST') then l.status end, r.content_hash, r.issued_at, case when r.status = 'LOST' then r.notice_until end
    from house.warehouse_receipt r join house.organisation i on i.id = r.tenant_id join house.organisation h on h.id = r.holder_id
    left join house.lot l on l.tenant_id = r.owner_id and l.id = r.lot_id
   where r.number = wanted and r.code = said_code and r.status <> 'DRAFT' $$;
revoke all on function gate.mark_receipts(uuid, uuid), gate.verify_receipt(text, text) from public;
grant execute on function gate.mark_receipts(uuid, uuid) to bailee_app, bailee_worker, bailee_gateway;
grant execute on function gate.verify_receipt(text, text) to bailee_app;
set role bailee_owner;

create function house.receipt_marked() returns trigger language plpgsql set search_path = '' as $$
begin
  if current_user <> 'bailee_context' then perform gate.mark_receipts(new.owner_id, new.lot_id); end if;
  return null;
end $$;
create trigger receipt_marked after insert or update on house.warehouse_receipt for each row execute function house.receipt_marked();
"""

STATEMENTS = [RANGES, GUARD, MARK]

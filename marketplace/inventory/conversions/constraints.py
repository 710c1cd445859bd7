"""What the database itself does and refuses when lots become other lots: the gate moves the units, so that no hand can make goods of nothing."""

# No unit goes two ways, and no new unit is made twice. A plan is made once; what became of it is written by the gate, refusals and withdrawals aside.
PLAN = """
alter table house.lot_descent add constraint ex_lot_descent_from_once
  exclude using gist (tenant_id with =, conversion_id with =, parent_id with =, parent_units with &&);
alter table house.lot_descent add constraint ex_lot_descent_into_once
  exclude using gist (tenant_id with =, child_id with =, child_units with &&);
create function house.conversion_guard() returns trigger language plpgsql set search_path = '' as $$
begin
  if current_user = 'bailee_context' then return new; end if;
  if tg_op = 'INSERT' then
    if new.status <> 'PROPOSED' then raise exception 'a conversion begins as a plan' using errcode = '42501'; end if;
  elsif new.status = 'DONE' or old.status <> 'PROPOSED'
     or (new.tenant_id, new.id, new.kind, new.warehouse_id, new.site_id, new.unit, new.input_qty, new.planned_loss_qty, new.tolerance) is distinct from
        (old.tenant_id, old.id, old.kind, old.warehouse_id, old.site_id, old.unit, old.input_qty, old.planned_loss_qty, old.tolerance) then
    raise exception 'a plan is carried out by the gate, or closed' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger conversion_guard before insert or update on house.conversion for each row execute function house.conversion_guard();
create function house.lot_descent_guard() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.moved_at is not null or not exists (
       select from house.conversion c join house.lot l on l.tenant_id = c.tenant_id and l.conversion_id = c.id
        where c.tenant_id = new.tenant_id and c.id = new.conversion_id and c.status = 'PROPOSED' and l.id = new.child_id) then
    raise exception 'lines of descent belong to a plan' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger lot_descent_guard before insert on house.lot_descent for each row execute function house.lot_descent_guard();
"""

# Run as the gate: it alone may end lots in this way and give new ones their units. Slices above follow `moved_at` (pledges go with their units).
CARRY_OUT = """
set role bailee_context;
create function gate.carry_out_conversion(wanted uuid, said_output numeric) returns void language plpgsql volatile security definer set search_path = '' as $$
declare plan house.conversion; line house.lot_descent; parents uuid[]; children uuid[]; mixed uuid[]; there numeric;
begin
  select * into plan from house.conversion c where c.id = wanted for update;
  if not found or plan.warehouse_id <> gate.tenant() or plan.status <> 'PROPOSED' then
    raise exception 'this conversion is not yours to carry out' using errcode = '55000';
  end if;
  select array_agg(distinct d.parent_id), array_agg(distinct d.child_id) into parents, children
    from house.lot_descent d where d.tenant_id = plan.tenant_id and d.conversion_id = wanted;
  perform from house.lot l where l.tenant_id = plan.tenant_id and l.id = any(parents || children) order by l.id for no key update;
  if exists (select from house.lot l where l.tenant_id = plan.tenant_id and l.id = any(parents)
              and (l.status not in ('VERIFIED', 'RESERVED', 'PLEDGED') or l.warehouse_id <> plan.warehouse_id or l.site_id <> plan.site_id
                   or l.unit <> plan.unit or l.reserved_qty + l.pledged_qty > l.verified_qty or l.receipted <> '{}'))
     or exists (select from house.lot l where l.tenant_id = plan.tenant_id and l.id = any(children)
              and (l.status <> 'DECLARED' or l.conversion_id is distinct from wanted or l.unit <> plan.unit)) then
    raise exception 'a lot of this conversion does not stand as planned' using errcode = '55000';
  end if;
  select sum(l.verified_qty) into there from house.lot l where l.tenant_id = plan.tenant_id and l.id = any(parents);
  if there is distinct from plan.input_qty then raise exception 'the goods changed since the plan' using errcode = '55000'; end if;
  -- Mixing makes nothing younger: what comes of goods expires with the first of them. It is as wet as the wettest until it is weighed and certified anew. What leaves
  -- a bulk takes its whole mixture with it: any of it may have come out.
  select array_agg(m.id) into mixed from (select unnest(parents) union select p.id from house.lot l join house.lot p on p.bulk_id = l.bulk_id
    where l.tenant_id = plan.tenant_id and l.id = any(parents) and p.status not in ('REJECTED', 'LOST', 'DEPARTED', 'SPLIT', 'MERGED', 'TRANSFORMED')) m(id);
  update house.lot l set expires_on = least(l.expires_on, (select min(p.expires_on) from house.lot p where p.id = any(mixed)))
   where l.tenant_id = plan.tenant_id and l.id = any(children);
  if plan.kind <> 'TRANSFORM' then
    update house.lot l set moisture = (select case when bool_and(p.moisture is not null) then max(p.moisture) end from house.lot p where p.id = any(mixed))
     where l.tenant_id = plan.tenant_id and l.id = any(children);
  end if;
  if plan.kind = 'TRANSFORM' then
    if exists (select from house.lot l where l.tenant_id = plan.tenant_id and l.id = any(parents) and (l.status <> 'VERIFIED' or l.held <> '{}')) then
      raise exception 'goods that somebody holds are not transformed' using errcode = '55000';
    end if;
  else
    said_output := plan.input_qty;
    if exists (select from unnest(parents) p where
                 (select range_agg(u.units) from house.lot_units u where u.tenant_id = plan.tenant_id and u.lot_id = p) is distinct from
                 (select range_agg(d.parent_units) from house.lot_descent d where d.tenant_id = plan.tenant_id and d.conversion_id = wanted and d.parent_id = p))
       or exists (select from house.lot l where l.tenant_id = plan.tenant_id and l.id = any(children) and int8multirange(int8range(0, (l.documented_qty * 1000)::bigint)) is distinct from
                 (select range_agg(d.child_units) from house.lot_descent d where d.tenant_id = plan.tenant_id and d.child_id = l.id)) then
      raise exception 'the new lots are not made of exactly the units of the old' using errcode = '55000';
    end if;
    update house.lot l set status = 'VERIFIED', weighed_qty = l.documented_qty, verified_qty = l.documented_qty, verified_at = gate.now(),
           received_at = (select min(p.received_at) from house.lot p where p.id = any(mixed))  -- so long the goods have lain
     where l.tenant_id = plan.tenant_id and l.id = any(children);
    insert into house.lot_units (tenant_id, lot_id, units)
    select l.tenant_id, l.id, int8range(0, (l.documented_qty * 1000)::bigint) from house.lot l where l.tenant_id = plan.tenant_id and l.id = any(children);
    -- In the order of the old units: a hold that is cut gives up its lower part first and stays unbroken.
    for line in select * from house.lot_descent d where d.tenant_id = plan.tenant_id and d.conversion_id = wanted order by d.parent_id, d.parent_units loop
      update house.lot_descent d set moved_at = gate.now() where d.tenant_id = line.tenant_id and d.id = line.id;
    end loop;
    update house.lot l set status = case when l.pledged_qty > 0 then 'PLEDGED' when l.reserved_qty > 0 then 'RESERVED' else 'VERIFIED' end
     where l.tenant_id = plan.tenant_id and l.id = any(children);
  end if;
  if exists (select from house.lot l where l.tenant_id = plan.tenant_id and l.id = any(parents) and (l.held <> '{}' or l.reserved_qty + l.pledged_qty <> 0))
     or exists (select from house.lot l where l.tenant_id = plan.tenant_id and l.id = any(children) and l.reserved_qty + l.pledged_qty > coalesce(l.verified_qty, 0)) then
    raise exception 'a hold did not follow its units' using errcode = '55000';
  end if;
  delete from house.lot_units u where u.tenant_id = plan.tenant_id and u.lot_id = any(parents);
  update house.lot l set converted_qty = l.converted_qty + l.verified_qty, verified_qty = 0,
         status = case plan.kind when 'SPLIT' then 'SPLIT' when 'MERGE' then 'MERGED' else 'TRANSFORMED' end
   where l.tenant_id = plan.tenant_id and l.id = any(parents);
  update house.lot_descent d set moved_at = gate.now() where d.tenant_id = plan.tenant_id and d.conversion_id = wanted and d.moved_at is null;
  update house.conversion c set status = 'DONE', output_qty = said_output, loss_qty = c.input_qty - said_output where c.tenant_id = plan.tenant_id and c.id = wanted;
end $$;
-- Whoever may see a lot may know all that it was made of: numbers, goods and quantities of its ancestors, and no more of them.
create function gate.lot_ancestry(wanted uuid) returns table (generation int, lot_id uuid, number text, product_name text, kind text, quantity numeric, unit text, moved_at timestamptz)
language sql stable security definer set search_path = '' as $$
  with recursive line as (
    select -1 as generation, d.* from house.lot_descent d where d.child_id = wanted and d.moved_at is not null
       and exists (select from gate.access_grant g where g.tenant_id = gate.tenant() and g.object_id = wanted and g.ended_at is null)
    union all
    select line.generation - 1, d.* from line join house.lot_descent d on d.tenant_id = line.tenant_id and d.child_id = line.parent_id and d.moved_at is not null
     where line.generation > -50)
  select l.generation, l.parent_id, min(l.parent_number), min(p.product_name), min(l.kind), sum(l.quantity), min(l.unit), min(l.moved_at)
    from line l join house.lot p on p.tenant_id = l.tenant_id and p.id = l.parent_id group by l.generation, l.parent_id $$;
revoke all on function gate.carry_out_conversion(uuid, numeric), gate.lot_ancestry(uuid) from public;
grant execute on function gate.carry_out_conversion(uuid, numeric) to bailee_app;
grant execute on function gate.lot_ancestry(uuid) to bailee_app, bailee_worker, bailee_gateway;
set role bailee_owner;
"""

STATEMENTS = [PLAN, CARRY_OUT]

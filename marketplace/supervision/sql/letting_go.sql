-- Letting readings go at the end of their retention. No runtime role may delete one; the gate does, and only what is old, sealed, and held by nothing.

set role bailee_context;

-- What readings of this subject by this device are needed for: an alarm that nobody has closed, goods that are frozen, in enforcement or sold and still here;
-- also where they have other names by now.
create function gate.holds_readings(subject uuid, device uuid) returns boolean language sql stable security definer set search_path = '' as $$
  with recursive line (tenant_id, lot_id) as (
    select l.tenant_id, l.id from house.lot l where l.id = subject
    union select d.tenant_id, d.child_id from line join house.lot_descent d on d.tenant_id = line.tenant_id and d.parent_id = line.lot_id and d.moved_at is not null)
  select exists (select from line join house.lot l on l.tenant_id = line.tenant_id and l.id = line.lot_id where l.status in ('FROZEN', 'IN_DISPOSAL', 'SOLD'))
      or exists (select from house.alarm a where a.closed_at is null and ((a.tenant_id = gate.tenant() and a.device_id = device) or a.about_id in (select lot_id from line)))
      -- What was said of a hall is needed as long as what was said of any lot that lay there.
      or exists (select from house.alarm a join house.alarm_concern c on c.tenant_id = a.tenant_id and c.alarm_id = a.id where a.closed_at is null and c.lot_id in (select lot_id from line)) $$;

-- The oldest words first. A message's body goes with its last word. What stays names them: the seal, place and digest of each, and the roll-ups.
create function gate.let_readings_go(before timestamptz, most int) returns table (subject_id uuid, device_id uuid, batches bigint, first_at timestamptz, last_at timestamptz)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare me uuid := gate.tenant();
begin
  if before > gate.now() - interval '30 days' then raise exception 'readings are kept for thirty days at least' using errcode = '42501'; end if;
  return query
  with old as materialized (
    select b.* from house.sealed_batch b where b.tenant_id = me and b.let_go_at is null and b.last_at < before
      and not gate.holds_readings(b.subject_id, b.device_id) order by b.last_at limit most for update),
  rows_gone as (
    delete from house.reading_series s using old o where s.tenant_id = me and s.subject_id = o.subject_id and s.device_id = o.device_id
       and s.boot = o.boot and s.sequence = o.sequence and s.first_at between o.first_at and o.last_at),
  bodies_gone as (
    delete from house.reading_batch r using old o where r.tenant_id = me and r.device_id = o.device_id and r.boot = o.boot and r.sequence = o.sequence
       and r.received_at >= o.first_at - interval '10 minutes'
       and not exists (select from house.sealed_batch b where b.tenant_id = me and b.device_id = o.device_id and b.boot = o.boot and b.sequence = o.sequence
                          and b.let_go_at is null and b.subject_id not in (select p.subject_id from old p where p.device_id = b.device_id and p.boot = b.boot and p.sequence = b.sequence))),
  marked as (
    update house.sealed_batch b set let_go_at = gate.now() from old o where b.tenant_id = me and b.device_id = o.device_id and b.boot = o.boot
       and b.sequence = o.sequence and b.subject_id = o.subject_id returning b.*)
  select m.subject_id, m.device_id, count(*), min(m.first_at), max(m.last_at) from marked m group by 1, 2;
end $$;

revoke all on function gate.holds_readings(uuid, uuid), gate.let_readings_go(timestamptz, int) from public;
grant execute on function gate.let_readings_go(timestamptz, int) to bailee_worker;

set role bailee_owner;

-- What a device that hangs in a hall says counts for all goods that lie there then. Which goods those are follows from where it hung and where they lay, each
-- from when to when; nothing is written for it with a reading. Only what keepers and supervisors of the goods hang up speaks for them.

set role bailee_context;

-- The devices that these goods, as far as the asking firm sees them, lay under at some moment of that time, and when.
create function gate.earshot(lots uuid[], since timestamptz, until timestamptz)
returns table (lot_id uuid, tenant_id uuid, device_id uuid, first_at timestamptz, last_at timestamptz) language sql stable security definer set search_path = '' as $$
  select l.id, a.tenant_id, a.device_id, greatest(lower(s.during), lower(a.during)), least(upper(s.during), upper(a.during))
    from unnest(lots) wanted (id) join house.lot l on l.id = wanted.id
    join house.bin_stay s on s.tenant_id = l.warehouse_id and s.lot_id = l.id and s.during && tstzrange(since, until, '[]')
    join house.bin b on b.tenant_id = s.tenant_id and b.id = s.bin_id
    join house.attachment a on a.site_id = b.site_id and a.lot_id is null and a.bin_id is null and (a.zone_id is null or a.zone_id = b.zone_id)
                           and a.during && s.during and a.during && tstzrange(since, until, '[]')
   where exists (select from gate.access_grant g where g.tenant_id = gate.tenant() and g.object_id = l.id and g.ended_at is null
                    and g.role in ('owner', 'bank', 'warehouse', 'supervisor', 'auctioneer', 'logistics'))
     and exists (select from gate.access_grant k where k.tenant_id = a.tenant_id and k.object_id = l.id and k.ended_at is null and k.role in ('warehouse', 'supervisor')) $$;

-- Whether anything that the asking firm sees lay under this device through that time: then it may read what the device said of the hall, and of no other time.
create function gate.hears(keeper uuid, device uuid, since timestamptz, until timestamptz) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (select from house.attachment a
    join house.bin b on b.site_id = a.site_id and (a.zone_id is null or a.zone_id = b.zone_id)
    join house.bin_stay s on s.tenant_id = b.tenant_id and s.bin_id = b.id and s.during @> since and s.during @> until
   where a.tenant_id = keeper and a.device_id = device and a.lot_id is null and a.bin_id is null and a.during @> since and a.during @> until
     and exists (select from gate.access_grant g where g.tenant_id = gate.tenant() and g.object_id = s.lot_id and g.ended_at is null
                    and g.role in ('owner', 'bank', 'warehouse', 'supervisor', 'auctioneer', 'logistics'))
     and exists (select from gate.access_grant k where k.tenant_id = keeper and k.object_id = s.lot_id and k.ended_at is null and k.role in ('warehouse', 'supervisor'))) $$;

revoke all on function gate.earshot(uuid[], timestamptz, timestamptz), gate.hears(uuid, uuid, timestamptz, timestamptz) from public;
grant execute on function gate.earshot(uuid[], timestamptz, timestamptz), gate.hears(uuid, uuid, timestamptz, timestamptz) to bailee_app, bailee_worker, bailee_gateway;

set role bailee_owner;

-- Beside what the tables declare of themselves, and asked only of what is neither the firm's own nor about what it was let in to see.
create policy heard_rows on house.reading_series for select to bailee_app, bailee_worker, bailee_gateway
  using ((select gate.tenant()) is not null and gate.hears(tenant_id, subject_id, first_at, last_at));
create policy heard_rows on house.latest_reading for select to bailee_app, bailee_worker, bailee_gateway
  using ((select gate.tenant()) is not null and gate.hears(tenant_id, subject_id, at, at));
create policy heard_rows on house.reading_roll_up for select to bailee_app, bailee_worker, bailee_gateway
  using ((select gate.tenant()) is not null and gate.hears(tenant_id, subject_id, start_at, start_at + make_interval(secs => width_seconds)));
create policy concerned_rows on house.alarm for select to bailee_app, bailee_worker, bailee_gateway
  using (exists (select from house.alarm_concern c join gate.access_grant g on g.object_id = c.lot_id and g.ended_at is null
                  where c.tenant_id = alarm.tenant_id and c.alarm_id = alarm.id and g.tenant_id = (select gate.tenant())
                    and g.role in ('owner', 'bank', 'warehouse', 'supervisor', 'auctioneer', 'logistics')));
create policy concerned_change on house.alarm for update to bailee_app, bailee_worker, bailee_gateway
  using (exists (select from house.alarm_concern c join gate.access_grant g on g.object_id = c.lot_id and g.ended_at is null
                  where c.tenant_id = alarm.tenant_id and c.alarm_id = alarm.id and g.tenant_id = (select gate.tenant()) and g.role in ('warehouse', 'supervisor')))
  with check (exists (select from house.alarm_concern c join gate.access_grant g on g.object_id = c.lot_id and g.ended_at is null
                  where c.tenant_id = alarm.tenant_id and c.alarm_id = alarm.id and g.tenant_id = (select gate.tenant()) and g.role in ('warehouse', 'supervisor')));

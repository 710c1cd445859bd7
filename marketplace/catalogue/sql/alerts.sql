-- Who has to hear of goods that are put up, and of their close: firms whose saved searches could find them, and firms that watched the same goods in an earlier sale. The seller,
-- who publishes, learns of neither; each firm's own side looks whether its searches do find them, and tells its people once.

set role bailee_context;

create function gate.owe_alerts(listing uuid) returns void language plpgsql volatile security definer set search_path = '' as $$
declare l house.listing; seller uuid := gate.tenant();
begin
  select * into l from house.listing x where x.id = listing and x.tenant_id = seller;
  if not found then raise exception 'not your listing' using errcode = '42501'; end if;
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at, timer_key)
  select t.tenant_id, uuidv7(), 'catalogue.tell_of_matches', l.id, 0, '{}'::jsonb, gate.now(), clock_timestamp(), l.id::text
    from (select distinct s.tenant_id from house.saved_search s
           where s.alert <> 'OFF' and s.tenant_id <> seller and coalesce(s.query ->> 'kind', 'AUCTION') = l.kind
             and (l.open_to = '*' or exists (select from house.organisation o where o.id = s.tenant_id and o.kinds ? l.open_to))
             and (coalesce(s.query ->> 'category', '') in ('', 'any') or l.category = any (string_to_array(s.query ->> 'category', ',')))
             and (coalesce(s.query ->> 'place', '') in ('', 'any') or l.place = any (string_to_array(s.query ->> 'place', ',')))
             and (coalesce(s.query ->> 'grade', '') in ('', 'any') or l.grade = any (string_to_array(s.query ->> 'grade', ',')))) t
  on conflict (tenant_id, subscriber, timer_key) where timer_key is not null do nothing;
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at, timer_key)
  select t.tenant_id, uuidv7(), 'catalogue.tell_put_up_again', l.id, 0, '{}'::jsonb, gate.now(), clock_timestamp(), l.id::text
    from (select distinct w.tenant_id from house.watched_offer w
            join house.disposal e on e.auction_id = w.listing_id
            join house.disposal d on d.auction_id = l.id and d.deal_id = e.deal_id and d.lot_id = e.lot_id and d.auction_id <> e.auction_id
           where w.tenant_id <> seller) t
  on conflict (tenant_id, subscriber, timer_key) where timer_key is not null do nothing;
  perform pg_catalog.pg_notify('deliveries', '');
end $$;

-- The end of a sale was moved by a standstill: each firm that watches it looks anew when to be told. The seller learns of none of them.
create function gate.remind_watchers(listing uuid) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at)
  select w.tenant_id, uuidv7(), 'catalogue.tell_closing', l.id, 0, '{}'::jsonb, gate.now(), clock_timestamp()
    from house.listing l join house.watched_offer w on w.listing_id = l.id where l.id = listing and l.tenant_id = gate.tenant();
  perform pg_catalog.pg_notify('deliveries', '');
end $$;

revoke all on function gate.owe_alerts(uuid), gate.remind_watchers(uuid) from public;
grant execute on function gate.owe_alerts(uuid), gate.remind_watchers(uuid) to bailee_app, bailee_worker;

set role bailee_owner;

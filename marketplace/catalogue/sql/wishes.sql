-- Whose wishes a sale meets is known to the gate alone: its seller is told how many, and has them asked in without a name. Run as the gate's owner.

set role bailee_context;

-- Firms with a saved search that found these goods, but for the parties of the sale and those who registered already.
create function gate.wishers(listing uuid) returns setof uuid language plpgsql stable set search_path = '' as $$
begin
  if not exists (select from house.auction a where a.auction_id = listing and a.tenant_id = gate.tenant()) then raise exception 'not your sale' using errcode = '42501'; end if;
  return query
    select distinct m.tenant_id from house.search_match m
     where m.listing_id = listing
       and not exists (select from house.disposal d where d.auction_id = listing and m.tenant_id in (d.tenant_id, d.borrower_id, d.warehouse_id, d.supervisor_id))
       and not exists (select from house.registration r where r.auction_id = listing and r.tenant_id = m.tenant_id);
end $$;

create function gate.count_wishes(listing uuid) returns bigint language sql stable security definer set search_path = '' as $$
  select count(*) from gate.wishers(listing) $$;

-- Each is asked once, however often the seller asks; gives how many are asked now.
create function gate.invite_wishers(listing uuid) returns bigint language plpgsql volatile security definer set search_path = '' as $$
declare asked bigint;
begin
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at, timer_key)
  select w.wisher, uuidv7(), 'catalogue.tell_of_invitation', listing, 0, '{}'::jsonb, gate.now(), clock_timestamp(), listing::text from gate.wishers(listing) w(wisher)
  on conflict (tenant_id, subscriber, timer_key) where timer_key is not null do nothing;
  get diagnostics asked = row_count;
  perform pg_catalog.pg_notify('deliveries', '');
  return asked;
end $$;

revoke all on function gate.wishers(uuid), gate.count_wishes(uuid), gate.invite_wishers(uuid) from public;
grant execute on function gate.count_wishes(uuid) to bailee_app, bailee_worker;
grant execute on function gate.invite_wishers(uuid) to bailee_app;

set role bailee_owner;

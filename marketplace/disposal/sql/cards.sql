-- Notices of the payment provider. Nobody is signed in when one comes: its signature was checked at the door, and all that it may do is to have the seller's
-- side look at the provider again. So a forged, repeated or late notice changes nothing but that.

set role bailee_context;

create table gate.payment_notice (event_id text primary key, kind text not null, registration_id uuid not null, received_at timestamptz not null);

-- What became of it: taken, seen (it came before), or unknown (of no deposit of ours).
create function gate.notice_payment(event text, kind text, auction uuid, registration uuid) returns text language plpgsql volatile security definer set search_path = '' as $$
declare seller uuid;
begin
  select a.tenant_id into seller from house.auction a
   where a.auction_id = auction and exists (select from house.card_deposit c where c.auction_id = auction and c.registration_id = registration);
  if not found then return 'unknown'; end if;
  insert into gate.payment_notice values (event, kind, registration, clock_timestamp()) on conflict (event_id) do nothing;
  if not found then return 'seen'; end if;
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at)
  values (seller, uuidv7(), 'cards.follow_card', auction, 0, jsonb_build_object('registration_id', registration), gate.now(), clock_timestamp());
  perform pg_catalog.pg_notify('deliveries', '');
  return 'taken';
end $$;

revoke all on function gate.notice_payment(text, text, uuid, uuid) from public;
grant execute on function gate.notice_payment(text, text, uuid, uuid) to bailee_app;

set role bailee_owner;

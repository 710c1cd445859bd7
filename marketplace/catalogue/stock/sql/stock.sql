-- A bank answers an offer that it may read; the owner, with whom it shares nothing yet, is told by the gate.

set role bailee_context;

create function gate.owe_interest(offer uuid) returns void language plpgsql volatile security definer set search_path = '' as $$
declare owner_id uuid;
begin
  select l.tenant_id into owner_id from house.listing l join house.stock_interest i on i.offer_id = l.id and i.tenant_id = gate.tenant()
    join house.organisation o on o.id = i.tenant_id and o.kinds ? l.open_to
   where l.id = offer and l.kind = 'STOCK' and l.status = 'OPEN';
  if not found then raise exception 'no such offer' using errcode = '42501'; end if;
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at)
  values (owner_id, uuidv7(), 'catalogue.hear_of_interest', offer, 0, jsonb_build_object('bank_id', gate.tenant()), gate.now(), clock_timestamp());
  perform pg_catalog.pg_notify('deliveries', '');
end $$;

revoke all on function gate.owe_interest(uuid) from public;
grant execute on function gate.owe_interest(uuid) to bailee_app, bailee_worker;

set role bailee_owner;

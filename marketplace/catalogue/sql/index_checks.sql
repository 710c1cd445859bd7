-- What the night's check of the outer search index found, owed to the operator's own side. The check is nobody's act, so the database itself says who is to hear of it.

set role bailee_context;

create function gate.owe_index_report(told jsonb) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at)
  select o.id, uuidv7(), 'catalogue.tell_of_index_check', o.id, 0, told, gate.now(), clock_timestamp() from house.organisation o where o.kinds ? 'PLATFORM';
  perform pg_catalog.pg_notify('deliveries', '');
end $$;

revoke all on function gate.owe_index_report(jsonb) from public;
grant execute on function gate.owe_index_report(jsonb) to bailee_worker;

set role bailee_owner;

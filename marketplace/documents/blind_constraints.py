"""The blind index: keyed hashes of what papers and goods are called, across all tenants, by the gate's hand alone.

No runtime role can read an entry, compute a mark or learn an answer: whoever enters identities is told nothing. Where the same identity stands behind a live
deal of another firm, the banks of both deals are owed a delivery that names the kind and their own lot, and nothing of the other side. That is all that ever
leaves this table.

False alarms that are not rung: within one firm (its own trades' match sees all its deals, with quantities), and with a deal that holds no goods any more.
"""

BLIND = """
set role bailee_context;
create table gate.blind_key (only_row boolean primary key default true check (only_row), inner_pad bytea not null, outer_pad bytea not null);
insert into gate.blind_key (inner_pad, outer_pad)
select string_agg(set_byte('\\x00', 0, b # 54), ''::bytea order by i), string_agg(set_byte('\\x00', 0, b # 92), ''::bytea order by i)
from (select i, get_byte(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), i % 32) * (i < 32)::int as b from generate_series(0, 63) i) key_bytes;
create table gate.blind_entry (
  mark bytea not null, deal_id uuid not null, lot_id uuid not null, owner_id uuid not null, kind text not null, entered_at timestamptz not null,
  primary key (mark, deal_id, lot_id)
);
-- HMAC-SHA256 (RFC 2104) under the house's own key.
create function gate.blind_mark(kind text, identity text) returns bytea language sql stable security definer set search_path = '' as $$
  select sha256(outer_pad || sha256(inner_pad || convert_to(kind || '|' || identity, 'UTF8'))) from gate.blind_key $$;
create function gate.enter_identities(deal uuid, lot uuid, kinds text[], identities text[]) returns void language plpgsql volatile security definer set search_path = '' as $$
declare me uuid := gate.tenant(); one record; other record;
begin
  if not exists (select from gate.access_grant g where g.tenant_id = me and g.object_id = deal and g.role = 'borrower' and g.ended_at is null)
     or not exists (select from house.pledge p where p.tenant_id = me and p.deal_id = deal and p.lot_id = lot and upper_inf(p.during)) then
    raise exception 'identities belong to goods of one''s own behind a deal of one''s own' using errcode = '42501';
  end if;
  for one in select distinct k.kind, gate.blind_mark(k.kind, i.identity) as mark
               from unnest(kinds) with ordinality k(kind, n) join unnest(identities) with ordinality i(identity, n) using (n) order by mark loop
    perform pg_advisory_xact_lock(hashtextextended(encode(one.mark, 'hex'), 0));  -- two firms that enter the same at once: the second sees the first
    insert into gate.blind_entry values (one.mark, deal, lot, me, one.kind, gate.now()) on conflict do nothing;
    if not found then continue; end if;
    for other in select e.* from gate.blind_entry e where e.mark = one.mark and e.owner_id <> me
                    and exists (select from house.pledge p where p.deal_id = e.deal_id and upper_inf(p.during)) loop
      insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at, timer_key)
      select g.tenant_id, uuidv7(), 'documents.warn_of_duplicate', side.deal_id, 0, jsonb_build_object('kind', one.kind, 'lot_id', side.lot_id), gate.now(), clock_timestamp(),
             'duplicate:' || side.deal_id || ':' || side.lot_id || ':' || one.kind
        from (values (deal, lot), (other.deal_id, other.lot_id)) side(deal_id, lot_id)
        join gate.access_grant g on g.object_id = side.deal_id and g.role = 'bank' and g.ended_at is null
      on conflict (tenant_id, subscriber, timer_key) where timer_key is not null do nothing;
      perform pg_catalog.pg_notify('deliveries', '');
    end loop;
  end loop;
end $$;
revoke all on function gate.blind_mark(text, text), gate.enter_identities(uuid, uuid, text[], text[]) from public;
grant execute on function gate.enter_identities(uuid, uuid, text[], text[]) to bailee_app, bailee_worker;
set role bailee_owner;
"""

STATEMENTS = [BLIND]

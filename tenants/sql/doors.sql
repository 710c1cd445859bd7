-- Ways through the gate, and the few acts that reach beyond one tenant. Each is SECURITY DEFINER, owned by the gate's own role, with a pinned
-- search path, and checks the caller's verified context itself. Made after the house's tables, which it reads.

create type gate.member_facts as (
  tenant_id uuid, person_id uuid, person_name text, email text, locale text, organisation text, kinds jsonb, jobs jsonb, scopes text[], session_id uuid, moment timestamptz
);

-- A person with a session: browser or API token.
create function gate.enter(token text) returns gate.member_facts language plpgsql volatile security definer set search_path = '' as $$
declare facts gate.member_facts;
begin
  select m.tenant_id, p.id, p.name, p.email, p.locale, o.name, o.kinds, m.jobs, s.scopes, s.id, gate.now() into facts
    from gate.session s
    join gate.person p on p.id = s.person_id and p.disabled_at is null
    join house.member m on m.tenant_id = s.tenant_id and m.person_id = s.person_id and m.ended_at is null
    join house.organisation o on o.id = m.tenant_id and o.suspended_at is null
   where s.token_hash = sha256(convert_to(token, 'UTF8'))
     and s.revoked_at is null and s.expires_at > clock_timestamp() and s.seen_at + s.idle_limit > clock_timestamp() and not s.second_factor_due;
  if facts.tenant_id is null then raise exception 'invalid session' using errcode = '28000'; end if;
  perform gate.stand_in(facts.tenant_id, facts.person_id, 'person');
  return facts;
end $$;

-- Somebody who has not signed in looks at what is published: in no firm's name, and read only from here on.
create function gate.enter_visitor() returns timestamptz language plpgsql volatile security definer set search_path = '' as $$
begin
  perform set_config('transaction_read_only', 'on', true);
  perform gate.stand_in('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 'visitor');
  return gate.now();
end $$;

-- A reaction: the worker may stand in a tenant only while it holds one of that tenant's open deliveries, which it locks.
create function gate.enter_delivery(wanted uuid) returns table (
  tenant_id uuid, organisation text, kinds jsonb, subscriber text, stream_id uuid, sequence bigint, facts jsonb, moment timestamptz
) language plpgsql volatile security definer set search_path = '' as $$
declare d house.delivery;
begin
  select * into d from house.delivery x where x.id = wanted and x.done_at is null and x.due_at <= gate.now() for update skip locked;
  if not found then return; end if;
  perform gate.stand_in(d.tenant_id, '00000000-0000-0000-0000-000000000000', 'system:' || d.subscriber);
  return query select d.tenant_id, o.name, o.kinds, d.subscriber, d.stream_id, d.sequence, d.facts, gate.now() from house.organisation o where o.id = d.tenant_id;
end $$;

-- A device whose signature the gateway has checked against the key enrolled here: its own, the one it may change to, or that of the gateway device which
-- signs for it while that is not revoked. The gateway stands in the device's own tenant.
create function gate.device_keys(devices uuid[]) returns table (device uuid, tenant_id uuid, public_key bytea, next_key bytea, signer uuid)
language plpgsql stable security definer set search_path = '' as $$
begin
  return query select d.id, d.tenant_id, s.public_key, s.next_key, d.gateway_id
    from unnest(devices) as wanted(id)
    join house.device d on d.id = wanted.id and d.revoked_at is null
    join house.device s on s.tenant_id = d.tenant_id and s.id = coalesce(d.gateway_id, d.id) and s.revoked_at is null;
end $$;

-- Who is let in at the embedded broker: told to the gateway, which keeps its list.
create function gate.device_accounts() returns table (tenant_id uuid, device uuid, version int) language sql stable security definer set search_path = '' as $$
  select d.tenant_id, d.id, d.broker_version from house.device d where d.revoked_at is null and d.broker_version > 0 $$;

create function gate.enter_device(device uuid) returns table (tenant_id uuid, organisation text, kinds jsonb, moment timestamptz)
language plpgsql volatile security definer set search_path = '' as $$
begin
  return query select d.tenant_id, o.name, o.kinds, gate.now() from house.device d join house.organisation o on o.id = d.tenant_id where d.id = device and d.revoked_at is null;
  if not found then raise exception 'unknown device' using errcode = '28000'; end if;
  perform gate.stand_in((select d.tenant_id from house.device d where d.id = device), '00000000-0000-0000-0000-000000000000', 'device:' || device);
end $$;

-- In the same transaction as the reaction: its effects happen once.
create function gate.finish_delivery(wanted uuid) returns void language sql volatile security definer set search_path = '' as $$
  update house.delivery set done_at = clock_timestamp(), leased_until = null where id = wanted and tenant_id = gate.tenant() and done_at is null $$;

create function gate.fail_delivery(wanted uuid, reason text) returns int language sql volatile security definer set search_path = '' as $$
  update house.delivery set attempts = attempts + 1, failure = left(reason, 2000), leased_until = clock_timestamp() + least(interval '1 hour', interval '1 second' * 2 ^ attempts)
   where id = wanted and done_at is null returning attempts $$;

-- The relay: claim what is due, never by a cursor. Nobody else holds the same delivery while its lease runs.
create function gate.claim_deliveries(most int, lease interval) returns table (id uuid, tenant_id uuid, subscriber text, stream_id uuid, sequence bigint)
language sql volatile security definer set search_path = '' as $$
  with due as (
    select d.tenant_id, d.id from house.delivery d
     where d.done_at is null and d.due_at <= gate.now() and (d.leased_until is null or d.leased_until < clock_timestamp()) and d.attempts < 12
     order by d.due_at, d.id limit most for update skip locked)
  update house.delivery d set leased_until = clock_timestamp() + lease from due
   where d.tenant_id = due.tenant_id and d.id = due.id
  returning d.id, d.tenant_id, d.subscriber, d.stream_id, d.sequence $$;

-- Live hints are not a tenant's reaction: the relay finishes them itself once they are sent.
create function gate.finish_live(deliveries uuid[]) returns void language sql volatile security definer set search_path = '' as $$
  update house.delivery set done_at = clock_timestamp(), leased_until = null where id = any(deliveries) and subscriber = 'live' $$;

create function gate.next_due() returns timestamptz language sql stable security definer set search_path = '' as $$
  select min(due_at) from house.delivery where done_at is null and attempts < 12 $$;

create function gate.open_deliveries() returns table (subscriber text, waiting bigint, failed bigint) language sql stable security definer set search_path = '' as $$
  select d.subscriber, count(*) filter (where d.attempts < 12), count(*) filter (where d.attempts >= 12)
    from house.delivery d where d.done_at is null and d.due_at <= gate.now() group by 1 $$;

create function gate.backlog() returns bigint language sql stable security definer set search_path = '' as $$
  select count(*) from house.delivery d where d.done_at is null and d.attempts < 12 and d.due_at <= gate.now() $$;

create function gate.keep_house() returns void language sql volatile security definer set search_path = '' as $$
  delete from house.delivery where done_at < clock_timestamp() - interval '30 days';
  delete from house.answered_request where at < gate.now() - interval '30 days';
  delete from gate.session where coalesce(revoked_at, expires_at) < clock_timestamp() - interval '90 days';
  delete from gate.invitation where expires_at < clock_timestamp() - interval '90 days';
  delete from gate.payment_notice where received_at < clock_timestamp() - interval '90 days';
  delete from house.cosignature c where c.received_at < gate.now() - interval '30 days'
     and exists (select from house.cosignature n where n.tenant_id = c.tenant_id and n.witness_id = c.witness_id and n.size > c.size);
  delete from house.webhook_message where owed_since < gate.now() - interval '30 days';
  delete from house.text_message where created_at < gate.now() - interval '30 days' $$;

-- Sharing ------------------------------------------------------------------------------------------------------------------------

-- Found an object (a lot, a room, a device): its founder sees it and may share it. An id that is already known is refused.
create function gate.found(object uuid, kind text, role text, created_at timestamptz) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(object::text, 0));
  if exists (select from gate.access_grant g where g.object_id = object) then raise exception 'the object exists' using errcode = '23505'; end if;
  insert into gate.access_grant values (gate.tenant(), object, role, kind, true, gate.tenant(), created_at, null);
end $$;

create function gate.share(object uuid, recipient uuid, recipient_role text, onward boolean, shared_at timestamptz) returns void language plpgsql volatile security definer set search_path = '' as $$
declare object_kind text;
begin
  select g.kind into object_kind from gate.access_grant g
   where g.tenant_id = gate.tenant() and g.object_id = object and g.may_share and g.ended_at is null limit 1;
  if not found then raise exception 'not yours to share' using errcode = '42501'; end if;
  if not exists (select from house.organisation o where o.id = recipient) then raise exception 'no such organisation' using errcode = '23503'; end if;
  insert into gate.access_grant as g values (recipient, object, recipient_role, object_kind, onward, gate.tenant(), shared_at, null)
  on conflict (tenant_id, object_id, role) do update set ended_at = null, may_share = g.may_share or excluded.may_share;
end $$;

create function gate.unshare(object uuid, recipient uuid, recipient_role text, ended timestamptz) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  if recipient <> gate.tenant() and not exists (select from gate.access_grant g where g.tenant_id = gate.tenant() and g.object_id = object and g.may_share and g.ended_at is null) then
    raise exception 'not yours to share' using errcode = '42501';
  end if;
  update gate.access_grant g set ended_at = ended
   where g.tenant_id = recipient and g.object_id = object and g.role = recipient_role and g.ended_at is null and g.granted_by <> g.tenant_id;
end $$;

create function gate.open_to_all(object uuid, joining_role text, object_kind text) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (select from gate.access_grant g where g.tenant_id = gate.tenant() and g.object_id = object and g.may_share and g.ended_at is null) then
    raise exception 'not yours to share' using errcode = '42501';
  end if;
  insert into gate.open_door values (object, joining_role, object_kind, gate.tenant(), null) on conflict (object_id) do nothing;
end $$;

create function gate.join_room(object uuid, joined_at timestamptz) returns void language plpgsql volatile security definer set search_path = '' as $$
declare door gate.open_door;
begin
  select * into door from gate.open_door d where d.object_id = object and d.closed_at is null;
  if not found then raise exception 'the room is not open' using errcode = '42501'; end if;
  insert into gate.access_grant values (gate.tenant(), object, door.role, door.kind, false, door.host, joined_at, null)
  on conflict (tenant_id, object_id, role) do update set ended_at = null;
end $$;

-- Who else takes part. Those who joined through an open door (bidders) are seen by hosts only.
create function gate.participants(object uuid) returns table (tenant_id uuid, organisation text, role text, since timestamptz)
language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (select from gate.access_grant g where g.tenant_id = gate.tenant() and g.object_id = object and g.ended_at is null) then return; end if;
  return query select g.tenant_id, o.name, g.role, g.created_at from gate.access_grant g join house.organisation o on o.id = g.tenant_id
    where g.object_id = object and g.ended_at is null
      and (g.tenant_id = gate.tenant() or g.role <> coalesce((select d.role from gate.open_door d where d.object_id = object), '')
           or exists (select from gate.access_grant h where h.tenant_id = gate.tenant() and h.object_id = object and h.may_share and h.ended_at is null))
      -- Who claims in a shortage learns of no other claimant; the supervisor that decides it knows them all.
      and (g.kind <> 'shortage' or g.role <> 'claimant' or g.tenant_id = gate.tenant() or exists (
             select from gate.access_grant k where k.tenant_id = gate.tenant() and k.object_id = object and k.role = 'supervisor' and k.ended_at is null))
      -- Lenders on the same goods never learn of each other; who keeps or owns the goods knows them all.
      and (g.kind <> 'lot' or g.role <> 'bank' or g.tenant_id = gate.tenant() or exists (
             select from gate.access_grant k where k.tenant_id = gate.tenant() and k.object_id = object and k.role in ('owner', 'warehouse', 'supervisor') and k.ended_at is null))
    order by g.created_at, g.tenant_id;
end $$;

-- Events ---------------------------------------------------------------------------------------------------------------------------

-- The text that an event's digest covers. Anyone who may read the event can rebuild it.
create function gate.event_text(stream uuid, seq bigint, kind text, moment timestamptz, tenant uuid, person uuid, actor text, facts text, evidence text) returns text
language sql immutable set search_path = '' as $$
  select concat_ws(E'\n', stream, seq, kind, to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), tenant, person, actor, facts, evidence) $$;

-- Append one event to its stream's chain, deliver it to each subscriber, and put it into the feed of everyone who may read it: one transaction.
-- `subscribers` is [{"name": ..., "roles": [...]}]; the role "actor" stands for the acting tenant itself.
create function gate.append_event(event_id uuid, stream uuid, kind text, moment timestamptz, actor_role text, audience text, facts text, evidence text, subscribers jsonb)
returns bigint language plpgsql volatile security definer set search_path = '' as $$
declare head house.stream; digest bytea; me uuid := gate.tenant(); who uuid := gate.person(); acting text := gate.actor() || ':' || actor_role;
begin
  if stream <> me and not exists (select from gate.access_grant g where g.tenant_id = me and g.object_id = stream and g.ended_at is null) then
    raise exception 'not a stream of yours' using errcode = '42501';
  end if;
  insert into house.stream as s (stream_id, sequence, hash) values (stream, 0, sha256(convert_to(stream::text, 'UTF8'))) on conflict (stream_id) do nothing;
  select * into head from house.stream s where s.stream_id = stream for update;
  digest := sha256(convert_to(gate.event_text(stream, head.sequence + 1, kind, moment, me, who, acting, facts, evidence), 'UTF8'));
  head.sequence := head.sequence + 1;
  head.hash := sha256(head.hash || digest);
  update house.stream s set sequence = head.sequence, hash = head.hash where s.stream_id = stream;
  insert into house.event (stream_id, sequence, id, kind, tenant_id, person_id, actor, at, audience, facts, evidence, digest, hash)
  values (stream, head.sequence, event_id, kind, me, who, acting, moment, audience, facts, evidence, digest, head.hash);
  insert into gate.log_queue values (stream, head.sequence, digest);
  insert into house.feed_item (tenant_id, at, stream_id, sequence)
  select distinct g.tenant_id, moment, stream, head.sequence from gate.access_grant g
   where g.object_id = stream and g.ended_at is null and (audience = '*' or position(',' || g.role || ',' in audience) > 0)
  union select me, moment, stream, head.sequence;
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at)
  select distinct on (t.tenant_id, w.name) t.tenant_id, uuidv7(), w.name, stream, head.sequence, null::jsonb, moment, clock_timestamp()
    from jsonb_to_recordset(subscribers) w(name text, roles jsonb)
    cross join lateral (
      select g.tenant_id from gate.access_grant g where g.object_id = stream and g.ended_at is null and w.roles ? g.role
      union select me where w.roles ? 'actor') t;
  perform pg_catalog.pg_notify('deliveries', '');
  return head.sequence;
end $$;

-- The same for many streams at once, facts of one kind and each stream named once: a book that is marked to market. For many it takes half the time, for one
-- alone half as much again, so there are two ways; a test holds them beside each other.
create function gate.append_events(streams uuid[], kind text, moment timestamptz, actor_role text, audience text, facts text[], evidence text[], subscribers jsonb)
returns void language plpgsql volatile security definer set search_path = ''
-- Stream by stream through the keys, in their order, so that two never wait for each other.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_memoize = off as $$
declare me uuid := gate.tenant(); who uuid := gate.person(); acting text := gate.actor() || ':' || actor_role;
begin
  if exists (select from unnest(streams) w (stream) where w.stream <> me
               and not exists (select from gate.access_grant g where g.tenant_id = me and g.object_id = w.stream and g.ended_at is null)) then
    raise exception 'not a stream of yours' using errcode = '42501';
  end if;
  insert into house.stream as s (stream_id, sequence, hash) select w.stream, 0, sha256(convert_to(w.stream::text, 'UTF8')) from unnest(streams) w (stream) order by w.stream
  on conflict (stream_id) do nothing;
  with held as materialized (
    select w.stream, w.facts, w.evidence, s.sequence + 1 as place, s.hash
      from (select * from unnest(streams, facts, evidence) w (stream, facts, evidence) order by w.stream) w
      join house.stream s on s.stream_id = w.stream order by w.stream for update of s
  ), read as materialized (
    select h.*, sha256(convert_to(gate.event_text(h.stream, h.place, kind, moment, me, who, acting, h.facts, h.evidence), 'UTF8')) as digest from held h
  ), link as materialized (
    select r.stream, r.facts, r.evidence, r.place, r.digest, sha256(r.hash || r.digest) as hash from read r
  ), head as (
    update house.stream s set sequence = l.place, hash = l.hash from link l where s.stream_id = l.stream
  ), kept as (
    insert into house.event (stream_id, sequence, id, kind, tenant_id, person_id, actor, at, audience, facts, evidence, digest, hash)
    select l.stream, l.place, uuidv7(), kind, me, who, acting, moment, audience, l.facts, l.evidence, l.digest, l.hash from link l
  ), queued as (
    insert into gate.log_queue select l.stream, l.place, l.digest from link l
  ), fed as (
    insert into house.feed_item (tenant_id, at, stream_id, sequence)
    select g.tenant_id, moment, l.stream, l.place from link l join gate.access_grant g on g.object_id = l.stream
     where g.ended_at is null and (audience = '*' or position(',' || g.role || ',' in audience) > 0)
    union select me, moment, l.stream, l.place from link l
  ), told as (
    select w.name, w.roles - 'actor' as roles, w.roles ? 'actor' as actor from jsonb_to_recordset(subscribers) w (name text, roles jsonb)
  )
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at)
  select t.tenant_id, uuidv7(), t.name, t.stream, t.place, null::jsonb, moment, clock_timestamp()
    from (select g.tenant_id, w.name, l.stream, l.place from told w cross join link l join gate.access_grant g on g.object_id = l.stream
           where w.roles <> '[]' and g.ended_at is null and w.roles ? g.role
          union select me, w.name, l.stream, l.place from told w cross join link l where w.actor) t;
  perform pg_catalog.pg_notify('deliveries', '');
end $$;

-- A timer of the acting tenant: due once, under a key, so that setting it twice changes nothing.
create function gate.set_timer(subscriber text, key text, due timestamptz, stream uuid, facts jsonb) returns void language sql volatile security definer set search_path = '' as $$
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at, timer_key)
  values (gate.tenant(), uuidv7(), subscriber, stream, 0, facts, due, clock_timestamp(), key)
  on conflict (tenant_id, subscriber, timer_key) where timer_key is not null do update set due_at = excluded.due_at where house.delivery.done_at is null $$;

-- The same for many at once; no key may be named twice.
create function gate.set_timers(subscriber text, keys text[], dues timestamptz[], streams uuid[]) returns void language sql volatile security definer set search_path = '' as $$
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at, timer_key)
  select gate.tenant(), uuidv7(), subscriber, t.stream, 0, '{}', t.due, clock_timestamp(), t.key from unnest(keys, dues, streams) as t(key, due, stream)
  on conflict (tenant_id, subscriber, timer_key) where timer_key is not null do update set due_at = excluded.due_at where house.delivery.done_at is null $$;

-- A timer of the acting tenant that failed, or was given up: owed from now on as if it had never been tried. False where there is none that failed.
create function gate.try_again(wanted text, key text) returns boolean language plpgsql volatile security definer set search_path = '' as $$
begin
  update house.delivery d set attempts = 0, failure = null, leased_until = null, due_at = gate.now()
   where d.tenant_id = gate.tenant() and d.subscriber = wanted and d.timer_key = key and d.done_at is null and d.attempts > 0;
  if found then perform pg_catalog.pg_notify('deliveries', ''); end if;
  return found;
end $$;

-- The chain of a stream as every participant may check it: digests, without the words of events meant for others.
create function gate.chain(stream uuid) returns table (sequence bigint, digest bytea, hash bytea) language plpgsql stable security definer set search_path = '' as $$
begin
  if stream <> gate.tenant() and not exists (select from gate.access_grant g where g.tenant_id = gate.tenant() and g.object_id = stream and g.ended_at is null) then return; end if;
  return query select e.sequence, e.digest, e.hash from house.event e where e.stream_id = stream order by e.sequence;
end $$;

-- Sign-in: executable by the door's role alone --------------------------------------------------------------------------------------

-- An unknown address gets a salt too, always the same one, so that asking tells nothing.
create function gate.salt_for(address text) returns bytea language sql stable security definer set search_path = '' as $$
  select coalesce((select p.salt from gate.person p where p.email = lower(address)),
                  (select substring(p.salt from 1 for 5) from gate.person p order by p.created_at desc limit 1) ||
                  substring(sha256(convert_to('salt|' || lower(address), 'UTF8') || (select inner_pad from gate.secret)) from 1 for 16)) $$;

create function gate.workspace_of(person uuid) returns uuid language sql stable security definer set search_path = '' as $$
  select m.tenant_id from house.member m join house.organisation o on o.id = m.tenant_id and o.suspended_at is null
   where m.person_id = person and m.ended_at is null order by m.since limit 1 $$;

create function gate.sign_in(address text, derived bytea, session_hash bytea, from_address text, with_agent text) returns text language plpgsql volatile security definer set search_path = '' as $$
declare p gate.person;
begin
  select * into p from gate.person x where x.email = lower(address) for update;
  if not found or p.disabled_at is not null then return 'refused'; end if;
  if p.locked_until > clock_timestamp() then return 'locked'; end if;
  if p.verifier <> sha256(derived) then
    update gate.person x set failures = x.failures + 1, locked_until = case when x.failures >= 9 then clock_timestamp() + interval '15 minutes' end where x.id = p.id;
    return 'refused';
  end if;
  update gate.person x set failures = 0, locked_until = null where x.id = p.id;
  insert into gate.session (token_hash, person_id, tenant_id, kind, second_factor_due, address, agent, expires_at)
  values (session_hash, p.id, gate.workspace_of(p.id), 'browser', p.totp_confirmed, from_address, left(with_agent, 300), clock_timestamp() + interval '14 days');
  return case when p.totp_confirmed then 'second_factor' else 'in' end;
end $$;

create function gate.sign_in_by_issuer(by_issuer text, by_subject text, session_hash bytea, from_address text, with_agent text) returns text language plpgsql volatile security definer set search_path = '' as $$
declare who uuid;
begin
  select p.id into who from gate.identity i join gate.person p on p.id = i.person_id and p.disabled_at is null where i.issuer = by_issuer and i.subject = by_subject;
  if who is null then return 'refused'; end if;
  insert into gate.session (token_hash, person_id, tenant_id, kind, address, agent, expires_at)
  values (session_hash, who, gate.workspace_of(who), 'browser', from_address, left(with_agent, 300), clock_timestamp() + interval '14 days');
  return 'in';
end $$;

create function gate.link_identity(by_issuer text, by_subject text) returns void language sql volatile security definer set search_path = '' as $$
  insert into gate.identity (issuer, subject, person_id) values (by_issuer, by_subject, gate.person()) on conflict do nothing $$;

create function gate.second_factor_secret(token text) returns text language sql stable security definer set search_path = '' as $$
  select p.totp_secret from gate.session s join gate.person p on p.id = s.person_id
   where s.token_hash = sha256(convert_to(token, 'UTF8')) and s.revoked_at is null and s.created_at > clock_timestamp() - interval '10 minutes' and s.second_factor_due $$;

-- A code is good once: its time step must be later than the last one used.
create function gate.pass_second_factor(token text, step bigint) returns boolean language plpgsql volatile security definer set search_path = '' as $$
begin
  update gate.person p set totp_last_step = step from gate.session s
   where s.token_hash = sha256(convert_to(token, 'UTF8')) and s.person_id = p.id and s.second_factor_due and p.totp_last_step < step;
  if not found then return false; end if;
  update gate.session set second_factor_due = false where token_hash = sha256(convert_to(token, 'UTF8'));
  return true;
end $$;

create function gate.sign_out(token text) returns void language sql volatile security definer set search_path = '' as $$
  update gate.session set revoked_at = clock_timestamp() where token_hash = sha256(convert_to(token, 'UTF8')) and revoked_at is null $$;

create function gate.touch(token text) returns void language sql volatile security definer set search_path = '' as $$
  update gate.session set seen_at = clock_timestamp()
   where token_hash = sha256(convert_to(token, 'UTF8')) and revoked_at is null and seen_at < clock_timestamp() - interval '5 minutes' and seen_at + idle_limit > clock_timestamp() $$;

create function gate.workspaces(token text) returns table (tenant_id uuid, organisation text) language sql stable security definer set search_path = '' as $$
  select m.tenant_id, o.name from gate.session s join house.member m on m.person_id = s.person_id and m.ended_at is null
    join house.organisation o on o.id = m.tenant_id and o.suspended_at is null
   where s.token_hash = sha256(convert_to(token, 'UTF8')) and s.revoked_at is null and not s.second_factor_due order by o.name $$;

create function gate.switch_workspace(token text, tenant uuid) returns boolean language plpgsql volatile security definer set search_path = '' as $$
begin
  update gate.session s set tenant_id = tenant where s.token_hash = sha256(convert_to(token, 'UTF8')) and s.kind = 'browser' and s.revoked_at is null
     and exists (select from house.member m where m.tenant_id = tenant and m.person_id = s.person_id and m.ended_at is null);
  return found;
end $$;

create function gate.set_locale(token text, chosen text) returns void language sql volatile security definer set search_path = '' as $$
  update gate.person p set locale = chosen from gate.session s where s.token_hash = sha256(convert_to(token, 'UTF8')) and s.revoked_at is null and p.id = s.person_id $$;

-- Invitations: the only way into an organisation, and the first administrator's way into a new installation.
create function gate.read_invitation(token text) returns table (tenant_id uuid, organisation text, email text, jobs text[], known boolean) language sql stable security definer set search_path = '' as $$
  select i.tenant_id, o.name, i.email, i.jobs, exists (select from gate.person p where p.email = i.email)
    from gate.invitation i join house.organisation o on o.id = i.tenant_id
   where i.token_hash = sha256(convert_to(token, 'UTF8')) and i.used_at is null and i.expires_at > clock_timestamp() $$;

-- Who has joined stands in their new place for the rest of the transaction, so that their first act, joining, is recorded as theirs.
create function gate.accept_invitation(token text, full_name text, new_salt bytea, derived bytea, chosen_locale text) returns gate.member_facts language plpgsql volatile security definer set search_path = '' as $$
declare i gate.invitation; who gate.person; facts gate.member_facts;
begin
  select * into i from gate.invitation x where x.token_hash = sha256(convert_to(token, 'UTF8')) and x.used_at is null and x.expires_at > clock_timestamp() for update;
  if not found then raise exception 'invalid invitation' using errcode = '28000'; end if;
  select * into who from gate.person p where p.email = i.email;
  if found then
    -- Somebody who is known proves it with the password they have.
    if who.verifier <> sha256(derived) then raise exception 'invalid invitation' using errcode = '28000'; end if;
  else
    insert into gate.person (email, name, salt, verifier, locale) values (i.email, full_name, new_salt, sha256(derived), chosen_locale) returning * into who;
  end if;
  insert into house.member (tenant_id, person_id, name, email, jobs, since) values (i.tenant_id, who.id, who.name, who.email, to_jsonb(i.jobs), gate.now())
  on conflict (tenant_id, person_id) do update set jobs = excluded.jobs, ended_at = null;
  update gate.invitation x set used_at = clock_timestamp() where x.token_hash = i.token_hash;
  select m.tenant_id, who.id, who.name, who.email, who.locale, o.name, o.kinds, m.jobs, null, null, gate.now() into facts
    from house.member m join house.organisation o on o.id = m.tenant_id where m.tenant_id = i.tenant_id and m.person_id = who.id;
  perform gate.stand_in(i.tenant_id, who.id, 'person');
  return facts;
end $$;

-- Acts of a signed-in member upon people ------------------------------------------------------------------------------------------

create function gate.may_administer() returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select from house.member m where m.tenant_id = gate.tenant() and m.person_id = gate.person() and m.ended_at is null and m.jobs ?| array['owner', 'administrator']) $$;

create function gate.invite(session_hash bytea, address text, wanted_jobs text[], tenant uuid, expires timestamptz) returns uuid language plpgsql volatile security definer set search_path = '' as $$
declare made uuid;
begin
  -- Into one's own organisation; or, by the platform's operator, the first member of a newly admitted firm.
  if not gate.may_administer() or not (tenant = gate.tenant() or (
      (select o.kinds ? 'PLATFORM' from house.organisation o where o.id = gate.tenant()) and not exists (select from house.member m where m.tenant_id = tenant))) then
    raise exception 'not yours to invite' using errcode = '42501';
  end if;
  insert into gate.invitation (token_hash, tenant_id, email, jobs, invited_by, expires_at)
  values (session_hash, tenant, lower(address), wanted_jobs, gate.person(), expires) returning id into made;
  return made;
end $$;

create function gate.invitations() returns table (id uuid, email text, jobs text[], expires_at timestamptz, used_at timestamptz) language sql stable security definer set search_path = '' as $$
  select i.id, i.email, i.jobs, i.expires_at, i.used_at from gate.invitation i where i.tenant_id = gate.tenant() and gate.may_administer() order by i.created_at desc $$;

create function gate.admit_organisation(organisation uuid, full_name text, organisation_kinds jsonb, credit_code text, lei_code text, place text, moment timestamptz) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not (select o.kinds ? 'PLATFORM' from house.organisation o where o.id = gate.tenant()) or organisation_kinds ? 'PLATFORM' then
    raise exception 'only the platform admits firms' using errcode = '42501';
  end if;
  insert into house.organisation (id, name, kinds, uscc, lei, city, admitted_at) values (organisation, full_name, organisation_kinds, credit_code, lei_code, place, moment);
end $$;

-- The first administrator of an empty installation. Nobody else can be made this way: it refuses once an organisation exists.
create function gate.found_platform(organisation uuid, full_name text, address text, invitation_hash bytea) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  lock table gate.invitation in share row exclusive mode;
  if exists (select from house.member) then raise exception 'the installation has its administrator' using errcode = '42501'; end if;
  delete from gate.invitation;
  insert into house.organisation (id, name, kinds, admitted_at) select organisation, full_name, '["PLATFORM"]', gate.now() where not exists (select from house.organisation);
  insert into gate.invitation (token_hash, tenant_id, email, jobs, expires_at)
  select invitation_hash, o.id, lower(address), array['administrator', 'operator'], clock_timestamp() + interval '1 day' from house.organisation o;
end $$;

create function gate.sessions() returns table (id uuid, kind text, label text, scopes text[], address text, agent text, created_at timestamptz, seen_at timestamptz, expires_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select s.id, s.kind, s.label, s.scopes, s.address, s.agent, s.created_at, s.seen_at, s.expires_at from gate.session s
   where s.person_id = gate.person() and s.revoked_at is null and s.expires_at > clock_timestamp() order by s.seen_at desc $$;

create function gate.revoke_session(session uuid) returns boolean language plpgsql volatile security definer set search_path = '' as $$
begin
  update gate.session s set revoked_at = clock_timestamp() where s.id = session and s.person_id = gate.person() and s.revoked_at is null;
  return found;
end $$;

create function gate.issue_token(session_hash bytea, token_label text, token_scopes text[], expires timestamptz) returns uuid language sql volatile security definer set search_path = '' as $$
  insert into gate.session (token_hash, person_id, tenant_id, kind, label, scopes, expires_at, idle_limit)
  values (session_hash, gate.person(), gate.tenant(), 'token', token_label, token_scopes, least(expires, clock_timestamp() + interval '1 year'), interval '90 days') returning id $$;

create function gate.offer_totp(secret text) returns void language sql volatile security definer set search_path = '' as $$
  update gate.person p set totp_secret = secret where p.id = gate.person() and not p.totp_confirmed $$;
create function gate.offered_totp() returns text language sql stable security definer set search_path = '' as $$
  select p.totp_secret from gate.person p where p.id = gate.person() and not p.totp_confirmed $$;
create function gate.confirm_totp(step bigint) returns void language sql volatile security definer set search_path = '' as $$
  update gate.person p set totp_confirmed = true, totp_last_step = step where p.id = gate.person() and p.totp_secret is not null $$;
create function gate.has_totp() returns boolean language sql stable security definer set search_path = '' as $$
  select p.totp_confirmed from gate.person p where p.id = gate.person() $$;

-- A label's page, for anybody who scans it: that the identity is ours, of what goods, who keeps them. Not whose they are, not whether they are pledged.
create function gate.verify_identity(wanted text) returns table (path text, product_name text, grade text, custodian text, issued_at timestamptz, bound_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select i.path, i.product_name, i.grade, o.name, i.issued_at, i.bound_at
    from house.lot_identity i join house.organisation o on o.id = i.custodian_id where i.path = wanted
  union all
  select i.path, l.product_name, l.grade, o.name, i.declared_at, i.received_at
    from house.lot_item i join house.lot l on l.tenant_id = i.tenant_id and l.id = i.lot_id join house.organisation o on o.id = l.warehouse_id
   where i.path = wanted and i.ended_at is null $$;

-- Who may do what here -------------------------------------------------------------------------------------------------------------
do $$
declare f record;
begin
  for f in select p.oid::regprocedure as name, p.proname from pg_proc p where p.pronamespace = 'gate'::regnamespace loop
    execute format('revoke all on function %s from public', f.name);
  end loop;
end $$;
grant execute on function gate.tenant(), gate.person(), gate.actor(), gate.context_part(int), gate.now() to bailee_app, bailee_worker, bailee_gateway, bailee_owner;
grant execute on function gate.event_text(uuid, bigint, text, timestamptz, uuid, uuid, text, text, text) to bailee_app, bailee_worker, bailee_gateway;
grant execute on function gate.found(uuid, text, text, timestamptz), gate.share(uuid, uuid, text, boolean, timestamptz), gate.unshare(uuid, uuid, text, timestamptz),
  gate.open_to_all(uuid, text, text), gate.join_room(uuid, timestamptz), gate.participants(uuid), gate.chain(uuid),
  gate.append_event(uuid, uuid, text, timestamptz, text, text, text, text, jsonb),
  gate.append_events(uuid[], text, timestamptz, text, text, text[], text[], jsonb), gate.set_timer(text, text, timestamptz, uuid, jsonb), gate.set_timers(text, text[], timestamptz[], uuid[]),
  gate.try_again(text, text)
  to bailee_app, bailee_worker, bailee_gateway;
grant execute on function gate.enter(text), gate.enter_visitor(), gate.invite(bytea, text, text[], uuid, timestamptz), gate.invitations(), gate.sessions(), gate.revoke_session(uuid),
  gate.admit_organisation(uuid, text, jsonb, text, text, text, timestamptz),
  gate.issue_token(bytea, text, text[], timestamptz), gate.offer_totp(text), gate.offered_totp(), gate.confirm_totp(bigint), gate.has_totp(), gate.may_administer(), gate.link_identity(text, text), gate.backlog(), gate.advance_clock(timestamptz) to bailee_app;
grant execute on function gate.enter_delivery(uuid), gate.finish_delivery(uuid), gate.fail_delivery(uuid, text), gate.claim_deliveries(int, interval), gate.finish_live(uuid[]),
  gate.next_due(), gate.keep_house(), gate.open_deliveries(), gate.advance_clock(timestamptz), gate.enter_visitor() to bailee_worker;
grant execute on function gate.device_keys(uuid[]), gate.enter_device(uuid) to bailee_gateway, bailee_app;
grant execute on function gate.device_accounts() to bailee_gateway;
grant execute on function gate.verify_identity(text) to bailee_app;
grant execute on function gate.now(), gate.salt_for(text), gate.sign_in(text, bytea, bytea, text, text), gate.sign_in_by_issuer(text, text, bytea, text, text), gate.second_factor_secret(text), gate.pass_second_factor(text, bigint),
  gate.sign_out(text), gate.touch(text), gate.workspaces(text), gate.switch_workspace(text, uuid), gate.set_locale(text, text),
  gate.read_invitation(text), gate.accept_invitation(text, text, bytea, bytea, text), gate.found_platform(uuid, text, text, bytea),
  gate.append_event(uuid, uuid, text, timestamptz, text, text, text, text, jsonb) to bailee_door;

-- The gate: which tenant a transaction acts for, decided by the database itself.
--
-- A transaction begins with gate.enter(token) (or enter_delivery, enter_device). The gate looks the token up, and leaves a context
-- `tenant|person|actor|mac` in a transaction-local setting. The mac covers the backend and the transaction's start under a key that no
-- runtime role can read, so a context cannot be forged, copied to another connection or kept for a later transaction.
-- gate.tenant() checks it again and RAISES where it is absent: forgetting the tenant is loud, never "no rows".

create table gate.secret (only_row boolean primary key default true check (only_row), inner_pad bytea not null, outer_pad bytea not null);
insert into gate.secret (inner_pad, outer_pad)
select string_agg(set_byte('\x00', 0, b # 54), ''::bytea order by i), string_agg(set_byte('\x00', 0, b # 92), ''::bytea order by i)
from (select i, get_byte(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), i % 32) * (i < 32)::int as b
      from generate_series(0, 63) i) key_bytes;

-- The clock that demos and tests drive. Real installations have driven = false for ever.
create table gate.clock (
  only_row boolean primary key default true check (only_row),
  driven boolean not null default false,
  ahead_by interval not null default '0',
  frozen_at timestamptz,
  check (driven or (ahead_by = '0' and frozen_at is null))
);
insert into gate.clock default values;

create function gate.now() returns timestamptz language sql volatile security definer set search_path = '' as $$
  select coalesce(frozen_at, clock_timestamp() + ahead_by) from gate.clock $$;

create function gate.advance_clock(to_moment timestamptz) returns timestamptz language plpgsql security definer set search_path = '' as $$
begin
  update gate.clock
     set ahead_by = case when frozen_at is null then to_moment - clock_timestamp() else ahead_by end,
         frozen_at = case when frozen_at is null then null else to_moment end
   where driven and to_moment >= coalesce(frozen_at, clock_timestamp() + ahead_by);
  if not found then raise exception 'the clock may not be driven here, or not backwards' using errcode = '42501'; end if;
  return gate.now();
end $$;

create table gate.person (
  id uuid primary key default uuidv7(),
  email text not null unique check (email = lower(email)),
  name text not null,
  salt bytea not null,
  verifier bytea not null,               -- sha256 of the Argon2id key: the key itself never rests here
  totp_secret text,
  totp_confirmed boolean not null default false,
  totp_last_step bigint not null default 0,
  failures int not null default 0,
  locked_until timestamptz,
  locale text not null default 'en',
  created_at timestamptz not null default clock_timestamp(),
  disabled_at timestamptz
);

-- Accounts at outside issuers by which a person may sign in: linked by the person, never matched by e-mail.
create table gate.identity (issuer text not null, subject text not null, person_id uuid not null references gate.person, linked_at timestamptz not null default clock_timestamp(), primary key (issuer, subject));

create table gate.session (
  token_hash bytea primary key,
  id uuid not null unique default uuidv7(),
  person_id uuid not null references gate.person,
  tenant_id uuid,                         -- the workspace that the session stands in
  kind text not null check (kind in ('browser', 'token')),
  label text not null default '',
  scopes text[],                          -- null: everything the member may do
  second_factor_due boolean not null default false,
  address text not null default '',
  agent text not null default '',
  created_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  idle_limit interval not null default '12 hours',
  revoked_at timestamptz
);
create index on gate.session (person_id);

create table gate.invitation (
  token_hash bytea primary key,
  id uuid not null unique default uuidv7(),
  tenant_id uuid not null,
  email text not null check (email = lower(email)),
  jobs text[] not null,
  invited_by uuid,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  used_at timestamptz
);

-- Which tenant may see which object, in which role: what every sharing policy looks at, and what list pages start from.
create table gate.access_grant (
  tenant_id uuid not null,
  object_id uuid not null,
  role text not null,
  kind text not null,
  may_share boolean not null default false,
  granted_by uuid not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, object_id, role)
);
create index on gate.access_grant (object_id);
create index on gate.access_grant (tenant_id, kind, created_at desc) include (object_id, role) where ended_at is null;
alter table gate.access_grant enable row level security;
alter table gate.access_grant force row level security;

-- Rooms that anybody may join in one role, such as buyers at a public auction.
create table gate.open_door (object_id uuid primary key, role text not null, kind text not null, host uuid not null, closed_at timestamptz);

create function gate.seal(message text) returns text language sql stable security definer set search_path = '' as $$
  select encode(sha256(outer_pad || sha256(inner_pad || convert_to(
    message || '|' || pg_backend_pid() || '|' || (extract(epoch from transaction_timestamp()) * 1000000)::bigint, 'UTF8'))), 'hex')
  from gate.secret $$;

create function gate.stand_in(tenant uuid, person uuid, actor text) returns void language sql volatile security definer set search_path = '' as $$
  select set_config('gate.context', tenant || '|' || person || '|' || actor || '|' || gate.seal(tenant || '|' || person || '|' || actor), true) $$;

create function gate.context_part(part int) returns text language plpgsql stable security definer parallel restricted set search_path = '' as $$
declare parts text[] := string_to_array(nullif(current_setting('gate.context', true), ''), '|');
begin
  if parts is null or array_length(parts, 1) <> 4 or parts[4] is distinct from gate.seal(parts[1] || '|' || parts[2] || '|' || parts[3]) then
    raise exception 'no tenant context' using errcode = '42501';
  end if;
  return parts[part];
end $$;

create function gate.tenant() returns uuid language sql stable parallel restricted set search_path = '' as $$ select gate.context_part(1)::uuid $$;
create function gate.person() returns uuid language sql stable parallel restricted set search_path = '' as $$ select gate.context_part(2)::uuid $$;
create function gate.actor() returns text language sql stable parallel restricted set search_path = '' as $$ select gate.context_part(3) $$;

create policy own on gate.access_grant for select to bailee_app, bailee_worker, bailee_gateway using (tenant_id = (select gate.tenant()));
create policy custodian on gate.access_grant to bailee_context using (true) with check (true);
grant select on gate.access_grant to bailee_app, bailee_worker, bailee_gateway;

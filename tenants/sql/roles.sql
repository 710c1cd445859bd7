-- Who may connect and who owns: owners cannot log in, those who log in own nothing and are members of nothing.
-- Passwords are given outside of the migrations, by whoever runs the server.
do $$
declare wanted record;
begin
  for wanted in select * from (values
    ('bailee_owner',   'nologin'),                      -- owns every table of the house
    ('bailee_context', 'nologin'),                      -- owns the gate: keys, sessions, clock, grants
    ('bailee_app',     'login noinherit nobypassrls'),  -- web
    ('bailee_worker',  'login noinherit nobypassrls'),  -- relay, worker, scheduler
    ('bailee_gateway', 'login noinherit nobypassrls'),  -- devices
    ('bailee_door',    'login noinherit nobypassrls'),  -- sign-in, and nothing else
    ('bailee_backup',  'login noinherit bypassrls')     -- dumps, and nothing else
  ) as roles(name, attributes)
  loop
    if not exists (select from pg_roles where rolname = wanted.name) then
      execute format('create role %I %s', wanted.name, wanted.attributes);
    end if;
  end loop;
end $$;

do $$ begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to bailee_app, bailee_worker, bailee_gateway, bailee_door, bailee_backup', current_database());
end $$;
revoke all on schema public from public;
create extension if not exists btree_gist schema public;

create schema house authorization bailee_owner;
create schema gate authorization bailee_context;
grant usage on schema house to bailee_app, bailee_worker, bailee_gateway, bailee_context, bailee_backup;
grant usage on schema gate to bailee_app, bailee_worker, bailee_gateway, bailee_door, bailee_owner, bailee_backup;
-- btree_gist's operator classes are looked up by the tables' owner when a temporal key is made.
grant usage on schema public to bailee_owner, bailee_app, bailee_worker, bailee_gateway;

-- What one runtime role could learn of another, or do to the server, through the catalogue.
revoke all on pg_catalog.pg_stat_activity, pg_catalog.pg_locks, pg_catalog.pg_sequences from public;
revoke all on pg_catalog.pg_stat_user_tables, pg_catalog.pg_stat_all_tables, pg_catalog.pg_statio_user_tables from public;
revoke all on function pg_catalog.pg_stat_get_activity(int), pg_catalog.pg_notify(text, text) from public;
revoke all on function pg_catalog.pg_advisory_lock(bigint), pg_catalog.pg_try_advisory_lock(bigint) from public;
revoke all on function pg_catalog.lo_creat(int), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea) from public;
grant execute on function pg_catalog.pg_notify(text, text) to bailee_context;

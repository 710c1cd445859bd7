-- The log over all events of the house: a queue into which each event's digest is put with it, the leaves' places, the tiles of the tree, and what was signed.
-- Written by one writer at a time, who holds the head's row. Nobody waits for it: whoever records an event only adds to the queue. Read by anybody: tiles are
-- hashes of digests, and say nothing of an event to whoever does not hold it.

create table gate.log_queue (stream_id uuid not null, sequence bigint not null, digest bytea not null);
create table gate.log_leaf (stream_id uuid not null, sequence bigint not null, leaf bigint not null unique, primary key (stream_id, sequence));
-- Level -1 holds the digests themselves, 256 to a row like the hashes above them.
create table gate.log_tile (level int not null check (level between -1 and 7), number bigint not null check (number >= 0), hashes bytea not null, primary key (level, number));
alter table gate.log_tile alter column hashes set storage external;
create table gate.log_checkpoint (size bigint primary key, root bytea not null, at timestamptz not null, note text not null);
create table gate.log_head (only_row boolean primary key default true check (only_row), size bigint not null default 0, origin text);
insert into gate.log_head default values;

-- How many events wait, as far as `most`.
create function gate.log_waiting(most int) returns bigint language sql volatile security definer set search_path = '' as $$
  select count(*) from (select from gate.log_queue limit most) waiting $$;

-- Take what waits and give each its place behind the last leaf. Returns the tree's size before, its name, the digests in their new order, and the row of each
-- level that is not full, from level -1 up. Nothing where another writes.
create function gate.take_leaves(most int) returns table (size bigint, origin text, digests bytea, edge bytea[]) language plpgsql volatile security definer set search_path = '' as $$
declare head gate.log_head; taken bytea;
begin
  select * into head from gate.log_head for update skip locked;
  if not found then return; end if;
  with gone as (delete from gate.log_queue q where q.ctid = any (array(select c.ctid from gate.log_queue c limit most)) returning q.stream_id, q.sequence, q.digest),
    placed as (select g.*, head.size + row_number() over (order by g.stream_id, g.sequence) - 1 as leaf from gone g),
    kept as (insert into gate.log_leaf (stream_id, sequence, leaf) select p.stream_id, p.sequence, p.leaf from placed p order by p.leaf)
  select string_agg(p.digest, ''::bytea order by p.leaf) into taken from placed p;
  if taken is null then return; end if;
  return query select head.size, head.origin, taken, array(
    select coalesce(t.hashes, ''::bytea) from generate_series(-1, 7) l left join gate.log_tile t on t.level = l and t.number = head.size >> 8 * (greatest(l, 0) + 1) order by l);
end $$;

-- Keep the tree as it stands with those leaves, and what was signed of it; in the same transaction as they were taken.
create function gate.extend_log(before bigint, after bigint, named text, root bytea, note text, levels int[], numbers bigint[], tiles bytea[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare kept int;
begin
  update gate.log_head h set size = after, origin = named where h.size = before and coalesce(h.origin, named) = named and after > before;
  if not found then raise exception 'the log stands elsewhere' using errcode = '40001'; end if;
  insert into gate.log_tile as t (level, number, hashes) select * from unnest(levels, numbers, tiles)
  on conflict (level, number) do update set hashes = excluded.hashes where substring(excluded.hashes for length(t.hashes)) = t.hashes;
  get diagnostics kept = row_count;
  if kept <> cardinality(levels) then raise exception 'a tile would lose hashes'; end if;
  insert into gate.log_checkpoint (size, root, at, note) values (after, extend_log.root, gate.now(), extend_log.note);
end $$;

create function gate.log_tile(wanted int, place bigint) returns bytea language sql stable security definer set search_path = '' as $$
  select t.hashes from gate.log_tile t where t.level = wanted and t.number = place $$;

-- What was signed, newest first: up to `most`, or of one size alone.
create function gate.log_checkpoints(most int, only_size bigint default null) returns table (size bigint, root bytea, at timestamptz, note text) language sql stable security definer set search_path = '' as $$
  select c.size, c.root, c.at, c.note from gate.log_checkpoint c where only_size is null or c.size = only_size order by c.size desc limit most $$;

-- The newest of the last full minute: all witnesses that look within a minute sign one and the same, also while the log grows each second.
create function gate.log_round() returns table (size bigint, root bytea, at timestamptz, note text) language sql stable security definer set search_path = '' as $$
  select c.size, c.root, c.at, c.note from gate.log_checkpoint c where c.at <= date_trunc('minute', gate.now()) order by c.size desc limit 1 $$;

-- Where the events of a stream stand, for whoever may check its chain; one of them, or all. What waits has no place yet.
create function gate.log_leaves(stream uuid, only_sequence bigint default null) returns table (sequence bigint, leaf bigint) language plpgsql stable security definer set search_path = '' as $$
begin
  if stream <> gate.tenant() and not exists (select from gate.access_grant g where g.tenant_id = gate.tenant() and g.object_id = stream and g.ended_at is null) then return; end if;
  return query select l.sequence, l.leaf from gate.log_leaf l where l.stream_id = stream and (only_sequence is null or l.sequence = only_sequence) order by l.sequence;
end $$;

-- A witness whose signature was checked against the key that its firm registered.
create function gate.enter_witness(key bytea) returns table (tenant_id uuid, organisation text, kinds jsonb, moment timestamptz) language plpgsql volatile security definer set search_path = '' as $$
begin
  return query select w.tenant_id, o.name, o.kinds, gate.now() from house.witness w join house.organisation o on o.id = w.tenant_id and o.suspended_at is null where w.public_key = key and w.ended_at is null;
  if not found then raise exception 'unknown witness' using errcode = '28000'; end if;
  perform gate.stand_in((select w.tenant_id from house.witness w where w.public_key = key), '00000000-0000-0000-0000-000000000000', 'witness');
end $$;

revoke all on function gate.log_waiting(int), gate.take_leaves(int), gate.extend_log(bigint, bigint, text, bytea, text, int[], bigint[], bytea[]), gate.log_tile(int, bigint),
  gate.log_checkpoints(int, bigint), gate.log_round(), gate.log_leaves(uuid, bigint), gate.enter_witness(bytea) from public;
grant execute on function gate.log_waiting(int), gate.take_leaves(int), gate.extend_log(bigint, bigint, text, bytea, text, int[], bigint[], bytea[]) to bailee_worker;
grant execute on function gate.log_tile(int, bigint), gate.log_checkpoints(int, bigint), gate.log_round(), gate.log_leaves(uuid, bigint) to bailee_app, bailee_worker;
grant execute on function gate.enter_witness(bytea) to bailee_app;

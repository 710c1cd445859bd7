-- Bidding, decided and stored by the database itself. Run as the gate's owner.
--
-- Many firms' bids travel in one transaction (flat combining: one lock and one commit for a whole queue), so a transaction's single context cannot
-- say whose bid is whose. Instead every bid brings its own bearer token, and the gate looks each one up exactly as gate.enter does: a web process
-- can bid for the sessions that it is holding at that moment and for nobody else. No runtime role may write bids, slips or paddles in any other way.

set role bailee_context;

create type gate.bid_answer as (
  ord int, outcome text, sequence bigint, paddle bigint, amount bigint, at timestamptz, standing bigint, lowest bigint, ends_at timestamptz, hash bytea, version bigint
);

-- The text that a bid's hash covers, after the hash of the bid before it.
create function gate.bid_text(auction uuid, seq bigint, paddle bigint, amount bigint, outcome text, at timestamptz, ends_at timestamptz) returns text
language sql immutable set search_path = '' as $$
  select concat_ws(E'\n', auction, seq, paddle, amount, outcome, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                   to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) $$;

-- Decide bids in the order given, under the auction's lock, by the house's clock read inside of it. `refused` names those that the gate has turned away
-- already. What is turned away without a paddle is not stored: there is nobody to store it for.
create function gate.decide_bids(auction uuid, bidders uuid[], people uuid[], amounts bigint[], keys uuid[], refused text[]) returns setof gate.bid_answer
language plpgsql volatile security definer set search_path = ''
-- Each look-up here is for a handful of keys, one by one, however large the book has grown: never a plan that reads it whole, as one made for an empty
-- book does (a join without the limit was measured to grow with the book until statistics came).
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  a house.auction;
  moment timestamptz;
  reserve bigint;
  n int := cardinality(bidders);
  paddles bigint[]; earlier bigint[]; twins int[];
  outcomes text[] := refused; sequences bigint[] := array_fill(null::bigint, array[n]); ends timestamptz[] := array_fill(null::timestamptz, array[n]);
  hashes bytea[] := array_fill(null::bytea, array[n]);
  i int; outcome text; lowest bigint; stored int := 0;
  told_at text; told_end text;  -- as gate.bid_text writes them; written here once, since a call for each bid would double its price
  form constant text := 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';
begin
  select array_agg((select p.number from house.paddle p where p.auction_id = auction and p.tenant_id = u.bidder) order by u.ord) into paddles
    from unnest(bidders) with ordinality u(bidder, ord);
  select * into a from house.auction x where x.auction_id = auction for no key update;
  if not found then
    return query select g, coalesce(refused[g], 'UNKNOWN'), null::bigint, null::bigint, amounts[g], null::timestamptz, null::bigint, null::bigint, null::timestamptz, null::bytea, null::bigint
                   from generate_series(1, n) g;
    return;
  end if;
  moment := gate.now();
  told_at := to_char(moment at time zone 'UTC', form); told_end := to_char(a.ends_at at time zone 'UTC', form);
  select d.reserve_minor into reserve from house.disposal d where d.auction_id = auction;
  -- Sent before (a lost answer), or twice in this very call: the first one's answer is everybody's answer.
  select array_agg(u.sequence order by u.ord), array_agg(u.twin order by u.ord) into earlier, twins
    from (select x.ord, (min(x.ord) over (partition by x.bidder, x.key))::int as twin,
                 (select l.sequence from house.bid_slip l where l.auction_id = auction and l.tenant_id = x.bidder and l.key = x.key) as sequence
            from unnest(bidders, keys) with ordinality x(bidder, key, ord)) u;
  for i in 1..n loop
    continue when outcomes[i] is not null or earlier[i] is not null;
    if twins[i] < i and amounts[twins[i]] = amounts[i] then
      outcomes[i] := 'TWIN'; continue;
    elsif twins[i] < i then
      outcomes[i] := 'KEY_REUSED'; continue;
    elsif paddles[i] is null then
      outcomes[i] := 'NO_PADDLE'; continue;
    end if;
    lowest := coalesce(a.standing_minor + a.step_minor, a.start_minor);
    -- The last refusal is for a slip of the finger: ten times the least bid that counts must not become irrevocable (and nothing overflows a bigint).
    outcome := case
      when a.status not in ('ANNOUNCED', 'OPEN') or moment >= a.ends_at then 'CLOSED'
      when moment < a.opens_at then 'NOT_OPEN'
      when a.standing_paddle = paddles[i] and a.reserve_met then 'LEADING'
      when amounts[i] < lowest then 'TOO_LOW'
      when amounts[i] > least(lowest, 100000000000000000) * 10 then 'TOO_HIGH'
      else 'ACCEPTED' end;
    a.sequence := a.sequence + 1;
    if outcome = 'ACCEPTED' then
      a.standing_minor := amounts[i]; a.standing_paddle := paddles[i]; a.accepted := a.accepted + 1;
      a.reserve_met := a.reserve_met or a.standing_minor >= coalesce(reserve, 0);
      if a.ends_at - moment < make_interval(secs => a.soft_close_seconds) then
        a.ends_at := moment + make_interval(secs => a.soft_close_seconds); a.extensions := a.extensions + 1;
        told_end := to_char(a.ends_at at time zone 'UTC', form);
      end if;
    end if;
    a.chain_hash := sha256(a.chain_hash || convert_to(concat_ws(E'\n', auction, a.sequence, paddles[i], amounts[i], outcome, told_at, told_end), 'UTF8'));
    outcomes[i] := outcome; sequences[i] := a.sequence; ends[i] := a.ends_at; hashes[i] := a.chain_hash; stored := stored + 1;
  end loop;
  if stored > 0 then
    update house.auction x set sequence = a.sequence, version = x.version + stored, accepted = a.accepted, standing_minor = a.standing_minor, standing_paddle = a.standing_paddle,
           reserve_met = a.reserve_met, ends_at = a.ends_at, extensions = a.extensions, chain_hash = a.chain_hash
     where x.auction_id = auction returning x.version into a.version;
    insert into house.bid (auction_id, sequence, paddle, amount_minor, outcome, at, ends_at, hash)
    select auction, u.seq, u.paddle, u.amount, u.outcome, moment, u.ends_at, u.hash
      from unnest(sequences, paddles, amounts, outcomes, ends, hashes) u(seq, paddle, amount, outcome, ends_at, hash) where u.seq is not null;
    insert into house.bid_slip (auction_id, tenant_id, key, person_id, sequence, amount_minor)
    select auction, u.bidder, u.key, u.person, u.seq, u.amount from unnest(bidders, keys, people, sequences, amounts) u(bidder, key, person, seq, amount) where u.seq is not null;
  end if;
  lowest := coalesce(a.standing_minor + a.step_minor, a.start_minor);
  return query
    select u.ord::int,
           case when u.earlier is null then case when u.outcome = 'TWIN' then outcomes[u.twin] else u.outcome end when b.amount_minor <> u.amount then 'KEY_REUSED' else b.outcome end,
           coalesce(u.earlier, u.seq, case when u.outcome = 'TWIN' then sequences[u.twin] end), u.paddle, u.amount, coalesce(b.at, moment), a.standing_minor, lowest, a.ends_at,
           coalesce(b.hash, u.hash, case when u.outcome = 'TWIN' then hashes[u.twin] end), a.version
      from unnest(outcomes, amounts, paddles, sequences, hashes, earlier, twins) with ordinality u(outcome, amount, paddle, seq, hash, earlier, twin, ord)
      left join lateral (select * from house.bid x where x.auction_id = auction and x.sequence = u.earlier limit 1) b on true
     order by u.ord;
end $$;

-- Bids of many sessions at once. The permission comes from the one table in tenants/permissions.py: kinds of organisation, jobs, and the scope's name.
create function gate.place_bids(auction uuid, tokens text[], amounts bigint[], keys uuid[], kinds text[], jobs text[], scope text) returns setof gate.bid_answer
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare bidders uuid[]; people uuid[]; refused text[];
begin
  select array_agg(f.tenant_id order by u.ord), array_agg(f.person_id order by u.ord),
         array_agg(case when f.tenant_id is null then 'SIGNED_OUT' when not f.may then 'NOT_ALLOWED' end order by u.ord)
    into bidders, people, refused
    from unnest(tokens) with ordinality u(token, ord)
    left join lateral (
      select m.tenant_id, m.person_id, o.kinds ?| place_bids.kinds and m.jobs ?| place_bids.jobs and (s.scopes is null or scope = any (s.scopes)) as may
        from gate.session s
        join gate.person p on p.id = s.person_id and p.disabled_at is null
        join house.member m on m.tenant_id = s.tenant_id and m.person_id = s.person_id and m.ended_at is null
        join house.organisation o on o.id = m.tenant_id and o.suspended_at is null
       where s.token_hash = sha256(convert_to(u.token, 'UTF8'))
         and s.revoked_at is null and s.expires_at > clock_timestamp() and s.seen_at + s.idle_limit > clock_timestamp() and not s.second_factor_due
       limit 1) f on true;
  return query select * from gate.decide_bids(auction, bidders, people, amounts, keys, refused);
end $$;

-- One bid of the workspace that this transaction stands in.
create function gate.place_bid(auction uuid, amount bigint, key uuid) returns setof gate.bid_answer language sql volatile security definer set search_path = '' as $$
  select * from gate.decide_bids(auction, array[gate.tenant()], array[gate.person()], array[amount], array[key], array[null::text]) $$;

-- Whose paddle is it? The seller learns it when bidding has ended, not before (invariant 33).
create function gate.unmask(auction uuid, paddle_number bigint) returns table (registration_id uuid, tenant_id uuid) language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (select from house.auction a where a.auction_id = auction and a.tenant_id = gate.tenant() and a.ends_at <= gate.now()) then
    raise exception 'bidders are hidden until bidding has ended' using errcode = '42501';
  end if;
  return query select p.registration_id, p.tenant_id from house.paddle p where p.auction_id = auction and p.number = paddle_number;
end $$;

-- When a deposit is in, its bidder draws a paddle: a free number of three digits (of six in a crowd), at random, so that no order tells who is who.
create function gate.hand_paddle() returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare bidder uuid; taken bigint; top bigint;
begin
  if new.side = 'OUT' then
    if not exists (select from house.deposit_move d where d.auction_id = new.auction_id and d.registration_id = new.registration_id and d.side = 'IN' and d.amount_minor = new.amount_minor) then
      raise exception 'no such deposit is held' using errcode = '23514';
    end if;
    return new;
  end if;
  perform from house.auction a where a.auction_id = new.auction_id and a.tenant_id = new.tenant_id for no key update;
  if not found then raise exception 'not the seller' using errcode = '42501'; end if;
  select r.tenant_id into bidder from house.registration r where r.auction_id = new.auction_id and r.registration_id = new.registration_id;
  select count(*) into taken from house.paddle p where p.auction_id = new.auction_id;
  top := case when taken < 450 then 999 else 999999 end;
  insert into house.paddle (auction_id, number, tenant_id, registration_id)
  select new.auction_id, g, bidder, new.registration_id from generate_series(case when top = 999 then 100 else 100000 end, top) g
   where not exists (select from house.paddle p where p.auction_id = new.auction_id and p.number = g) order by gen_random_uuid() limit 1;
  return new;
end $$;

-- Whoever has a part in the sale may not bid in it: not the seller, not the debtor, not those who keep the goods. Told only to the one concerned.
create function gate.bar_parties() returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select from house.disposal d where d.auction_id = new.auction_id and new.tenant_id in (d.tenant_id, d.borrower_id, d.warehouse_id, d.supervisor_id)) then
    raise exception 'a party to this sale' using errcode = '23514', constraint = 'bar_parties';
  end if;
  return new;
end $$;

revoke all on function gate.bid_text(uuid, bigint, bigint, bigint, text, timestamptz, timestamptz), gate.hand_paddle(), gate.bar_parties(),
  gate.decide_bids(uuid, uuid[], uuid[], bigint[], uuid[], text[]), gate.place_bid(uuid, bigint, uuid), gate.unmask(uuid, bigint),
  gate.place_bids(uuid, text[], bigint[], uuid[], text[], text[], text) from public;
grant execute on function gate.bid_text(uuid, bigint, bigint, bigint, text, timestamptz, timestamptz), gate.place_bid(uuid, bigint, uuid), gate.unmask(uuid, bigint)
  to bailee_app, bailee_worker;
grant execute on function gate.place_bids(uuid, text[], bigint[], uuid[], text[], text[], text) to bailee_app;
grant execute on function gate.hand_paddle(), gate.bar_parties() to bailee_owner;

set role bailee_owner;

create trigger bar_parties before insert on house.registration for each row execute function gate.bar_parties();
create trigger hand_paddle after insert on house.deposit_move for each row execute function gate.hand_paddle();

-- Terms stand once they are announced; bidding never ends earlier, the standing bid never falls, the book never shrinks (invariants 25, 27, 28).
create function house.auction_terms_stand() returns trigger language plpgsql set search_path = '' as $$
begin
  if (new.auction_id, new.tenant_id, new.number, new.method, new.regime, new.currency, new.quantity, new.unit, new.start_minor, new.step_minor, new.deposit_minor, new.has_reserve, new.reserve_seal,
      new.soft_close_seconds, new.opens_at, new.closes_at) is distinct from
     (old.auction_id, old.tenant_id, old.number, old.method, old.regime, old.currency, old.quantity, old.unit, old.start_minor, old.step_minor, old.deposit_minor, old.has_reserve, old.reserve_seal,
      old.soft_close_seconds, old.opens_at, old.closes_at) then
    raise exception 'announced terms do not change' using errcode = '23514';
  end if;
  if new.ends_at < old.ends_at or new.sequence < old.sequence or new.version < old.version or new.standing_minor < old.standing_minor
     or (old.standing_minor is not null and new.standing_minor is null) then
    raise exception 'an auction moves forward only' using errcode = '23514';
  end if;
  return new;
end $$;
alter table house.auction set (fillfactor = 30);  -- the row of a hot auction is rewritten with every batch
create trigger auction_terms_stand before update on house.auction for each row execute function house.auction_terms_stand();

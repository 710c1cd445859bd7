-- Bidding, decided and stored by the database itself. Run as the gate's owner.
--
-- Many firms' bids travel in one transaction (flat combining: one lock and one commit for a whole queue), so a transaction's single context cannot
-- say whose bid is whose. Instead every bid brings its own bearer token, and the gate looks each one up exactly as gate.enter does: a web process
-- can bid for the sessions that it is holding at that moment and for nobody else. No runtime role may write bids, slips or paddles in any other way.

set role bailee_context;

-- What is published of a bidder's limit while bidding is open; it is opened with the hammer.
create function gate.limit_seal(auction uuid, seq bigint, limit_minor bigint, salt bytea) returns bytea language sql immutable set search_path = '' as $$
  select sha256(convert_to(concat_ws(E'\n', 'bailee limit 1', auction, seq, limit_minor, encode(salt, 'hex')), 'UTF8')) $$;

-- The least bid that outdoes `price` by the table of increments: the step of the highest rung at or below it. Without a search path of its own it is
-- an expression of the statement that calls it, not a call.
create function gate.outdone(floors bigint[], steps bigint[], price bigint) returns bigint language sql immutable as $$
  select price + steps[pg_catalog.width_bucket(price, floors)] $$;

-- The paddle that a bidder may lift: none where it is barred. Without a search path for the same reason.
create function gate.paddle_of(auction uuid, bidder uuid) returns table (number bigint) language sql stable as $$
  select p.number from house.paddle p where p.auction_id = paddle_of.auction and p.tenant_id = paddle_of.bidder
     and not exists (select from house.bidder_bar r where r.bidder_id = paddle_of.bidder and r.lifted_at is null and r.until_at > gate.now()) $$;

-- Decide bids in the order given, under the auction's lock, by the house's clock read inside of it. `refused` names those that the gate has turned away
-- already; `paddles` are null where the bidder has none. What is turned away without a paddle is not stored: there is nobody to store it for. Each look-up
-- is for a handful of keys, one by one, however large the book has grown: who calls this sets the planner so, for a plan that was made for an empty book
-- would read it whole (a join without the limit was measured to grow with the book until statistics came).
--
-- A bid with a limit is made at the least amount that counts (or the amount named, if that is more); from then on the house bids for its owner. What it
-- bids has lines of its own in the book (origin LIMIT), so that the book alone shows how every price came about. `held` is the leader's limit.
--
-- Who holds a right of first refusal may bid as much as stands where its right comes before the leader's (`orders`, `ahead`: the lower comes first; the
-- highest integer: no right): a line that does so is MATCHED.
create function gate.decide_bids(auction uuid, bidders uuid[], people uuid[], paddles bigint[], amounts bigint[], limits bigint[], keys uuid[], refused text[])
returns setof gate.bid_answer language plpgsql volatile as $$
declare
  a house.auction;
  moment timestamptz; paused boolean;
  reserve bigint;
  n int := cardinality(bidders);
  earlier bigint[]; sent record; twins int[]; twin int;
  -- What is told to each; `stands` is null where the bid is not written now.
  outcomes text[] := refused; made bigint[] := amounts; moments timestamptz[];
  sequences bigint[] := array_fill(null::bigint, array[n]); hashes bytea[] := array_fill(null::bytea, array[n]);
  salts bytea[] := array_fill(null::bytea, array[n]); stands boolean[] := array_fill(null::boolean, array[n]);
  -- The lines that go into the book.
  rows int := 0; row_paddles bigint[]; row_amounts bigint[]; row_outcomes text[]; row_origins text[]; row_seals bytea[]; row_ends timestamptz[]; row_hashes bytea[];
  first bigint; i int; j int; before int; outcome text; lowest bigint; held bigint; most bigint; rival bigint; rival_held bigint; price bigint;
  orders int[] := array_fill(gate.no_right(), array[n]); ahead int; was_ahead int; precedes boolean; leads boolean; met boolean; least_here bigint;
  told_at text; told_end text;  -- as gate.bid_text writes them; written here once, since a call for each bid would double its price
  form constant text := 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';
begin
  select * into a from house.auction x where x.auction_id = auction for no key update;
  if not found then
    return query select g, coalesce(refused[g], 'UNKNOWN'), null::bigint, null::bigint, amounts[g], null::timestamptz, null::bigint, null::bigint, null::timestamptz, null::bytea, null::bigint,
                        false from generate_series(1, n) g;
    return;
  end if;
  if a.method <> 'ENGLISH' then
    for i in 1..n loop
      return query select i, x.outcome, x.sequence, x.paddle, x.amount, x.at, x.standing, x.lowest, x.ends_at, x.hash, x.version, x.leads
        from gate.decide_act(auction, bidders[i], people[i], 'BID', greatest(amounts[i], limits[i]), null, null, keys[i], refused[i]) x;
    end loop;
    return;
  end if;
  if a.first_refusals > 0 then
    select array_agg(gate.order_of_right(auction, u.paddle) order by u.ord) into orders from unnest(paddles) with ordinality u(paddle, ord);
  end if;
  ahead := case when a.first_refusals > 0 then gate.order_of_right(auction, a.standing_paddle) else gate.no_right() end;
  -- What else has to be known, all by the clock inside the lock. `earlier`, `twins`: sent before (a lost answer), or twice in this very call; the first
  -- one's answer is everybody's answer.
  select gate.now(), gate.is_silent(), (select d.reserve_minor from house.disposal d where d.auction_id = auction),
         (select s.limit_minor from house.bid_slip s
           where s.auction_id = auction and s.tenant_id = (select p.tenant_id from house.paddle p where p.auction_id = auction and p.number = a.standing_paddle)
             and s.stands and s.limit_minor is not null order by s.limit_minor desc limit 1),
         array_agg(u.sequence order by u.ord), array_agg(u.twin order by u.ord)
    into moment, paused, reserve, held, earlier, twins
    from (select x.ord, (min(x.ord) over (partition by x.bidder, x.key))::int as twin,
                 (select l.sequence from house.bid_slip l where l.auction_id = auction and l.tenant_id = x.bidder and l.key = x.key) as sequence
            from unnest(bidders, keys) with ordinality x(bidder, key, ord)) u;
  first := a.sequence; held := greatest(a.standing_minor, held); paused := paused or coalesce(moment < a.resumes_at, false) or a.halted_at is not null;
  moments := array_fill(moment, array[n]);
  told_at := to_char(moment at time zone 'UTC', form); told_end := to_char(a.ends_at at time zone 'UTC', form);
  lowest := case when a.standing_minor is null then a.start_minor else gate.outdone(a.step_floors, a.step_sizes, a.standing_minor) end;
  for i in 1..n loop
    if earlier[i] is not null then
      select b.*, (l.amount_minor, l.limit_minor) is distinct from (amounts[i], limits[i]) as reused into sent
        from house.bid_slip l join house.bid b on b.auction_id = l.auction_id and b.sequence = l.sequence
       where l.auction_id = auction and l.tenant_id = bidders[i] and l.key = keys[i] limit 1;
      outcomes[i] := case when sent.reused then 'KEY_REUSED' else sent.outcome end;
      sequences[i] := sent.sequence; made[i] := sent.amount_minor; moments[i] := sent.at; hashes[i] := sent.hash; continue;
    end if;
    continue when outcomes[i] is not null;
    twin := twins[i];
    if twin < i and amounts[twin] = amounts[i] and limits[twin] is not distinct from limits[i] then
      outcomes[i] := outcomes[twin]; sequences[i] := sequences[twin]; made[i] := made[twin]; hashes[i] := hashes[twin]; continue;
    elsif twin < i then
      outcomes[i] := 'KEY_REUSED'; continue;
    elsif paddles[i] is null then
      outcomes[i] := 'NO_PADDLE'; continue;
    elsif paused then
      outcomes[i] := 'PAUSED'; continue;
    end if;
    precedes := a.standing_minor is not null and orders[i] < ahead;
    least_here := case when precedes then a.standing_minor else lowest end;
    if limits[i] is not null then made[i] := least(limits[i], case when amounts[i] <= least_here then least_here else greatest(amounts[i], lowest) end); end if;
    -- The last refusal is for a slip of the finger: ten times the least bid that counts must not become irrevocable (and nothing overflows a bigint).
    outcome := case
      when a.status not in ('ANNOUNCED', 'OPEN') or moment >= a.ends_at then 'CLOSED'
      when moment < a.opens_at then 'NOT_OPEN'
      when a.standing_paddle = paddles[i] and a.reserve_met then case when limits[i] > held then 'RAISED' else 'LEADING' end
      when precedes and made[i] = a.standing_minor then 'MATCHED'
      when made[i] < lowest then 'TOO_LOW'
      when made[i] > least(lowest, 100000000000000000) * 10 then 'TOO_HIGH'
      else 'ACCEPTED' end;
    if outcome = 'RAISED' then made[i] := a.standing_minor; end if;
    before := rows; rows := rows + 1; outcomes[i] := outcome; sequences[i] := first + rows;
    row_paddles[rows] := paddles[i]; row_amounts[rows] := made[i]; row_outcomes[rows] := outcome; row_origins[rows] := 'HAND'; row_seals[rows] := null;
    was_ahead := ahead; stands[i] := outcome in ('ACCEPTED', 'MATCHED', 'RAISED');
    if stands[i] then
      if limits[i] is not null then
        salts[i] := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
        row_seals[rows] := gate.limit_seal(auction, sequences[i], limits[i], salts[i]);
      end if;
    end if;
    if outcome = 'RAISED' then
      held := limits[i];
    elsif outcome in ('ACCEPTED', 'MATCHED') then
      most := greatest(made[i], limits[i]); rival := a.standing_paddle; rival_held := held; price := made[i]; leads := true; met := false;
      if rival is null or rival = paddles[i] then
        held := greatest(most, rival_held);
      elsif most > rival_held or (precedes and most = rival_held) then
        met := rival_held >= made[i] and rival_held > a.standing_minor;
        if met then                    -- the rival's limit bids to its end, and is outdone
          rows := rows + 1; row_paddles[rows] := rival; row_amounts[rows] := rival_held;
        end if;
        -- One step above what the rival would have paid, also where that limit lay between two steps and could not be bid.
        price := greatest(made[i], least(most, case when precedes then rival_held else gate.outdone(a.step_floors, a.step_sizes, rival_held) end));
        held := most;
      else                             -- the rival's limit is higher, or as high and earlier
        leads := false;
        if most > made[i] then rows := rows + 1; row_paddles[rows] := paddles[i]; row_amounts[rows] := most; end if;
        price := least(rival_held, case when ahead < orders[i] then most else gate.outdone(a.step_floors, a.step_sizes, most) end);
      end if;
      if leads then a.standing_paddle := paddles[i]; ahead := orders[i]; end if;
      if held >= reserve and price < reserve then price := reserve; end if;
      if not leads or price > made[i] or met then rows := rows + 1; row_paddles[rows] := a.standing_paddle; row_amounts[rows] := price; end if;
      a.standing_minor := price; lowest := gate.outdone(a.step_floors, a.step_sizes, price); a.accepted := a.accepted + rows - before;
      a.reserve_met := a.reserve_met or a.standing_minor >= coalesce(reserve, 0);
      if a.ends_at - moment < make_interval(secs => a.soft_close_seconds) then
        a.ends_at := moment + make_interval(secs => a.soft_close_seconds); a.extensions := a.extensions + 1;
        told_end := to_char(a.ends_at at time zone 'UTC', form);
      end if;
    end if;
    for j in before + 1..rows loop
      if j > before + 1 then
        precedes := case when row_paddles[j] = paddles[i] then orders[i] < was_ahead else was_ahead < orders[i] end;
        row_outcomes[j] := case when precedes and row_amounts[j] = row_amounts[j - 1] and row_paddles[j] <> row_paddles[j - 1] then 'MATCHED' else 'ACCEPTED' end;
        row_origins[j] := 'LIMIT'; row_seals[j] := null;
      end if;
      a.chain_hash := sha256(a.chain_hash || convert_to(concat_ws(E'\n', auction, first + j, row_paddles[j], row_amounts[j], row_outcomes[j], row_origins[j],
                                                                 coalesce(encode(row_seals[j], 'hex'), ''), told_at, told_end), 'UTF8'));
      row_hashes[j] := a.chain_hash; row_ends[j] := a.ends_at;
    end loop;
    hashes[i] := row_hashes[before + 1];
  end loop;
  if rows > 0 then
    update house.auction x set sequence = first + rows, version = x.version + rows, accepted = a.accepted, standing_minor = a.standing_minor, standing_paddle = a.standing_paddle,
           reserve_met = a.reserve_met, ends_at = a.ends_at, extensions = a.extensions, chain_hash = a.chain_hash
     where x.auction_id = auction returning x.version into a.version;
    insert into house.bid (auction_id, sequence, paddle, amount_minor, outcome, origin, limit_seal, at, ends_at, hash)
    select auction, first + u.ord, u.paddle, u.amount, u.outcome, u.origin, u.seal, moment, u.ends_at, u.hash
      from unnest(row_paddles, row_amounts, row_outcomes, row_origins, row_seals, row_ends, row_hashes) with ordinality u(paddle, amount, outcome, origin, seal, ends_at, hash, ord);
    insert into house.bid_slip (auction_id, tenant_id, key, person_id, sequence, amount_minor, limit_minor, salt, stands)
    select auction, u.bidder, u.key, u.person, u.seq, u.amount, u.most, u.salt, u.stands
      from unnest(bidders, keys, people, sequences, amounts, limits, salts, stands) u(bidder, key, person, seq, amount, most, salt, stands) where u.stands is not null;
  end if;
  return query
    select u.ord::int, u.outcome, u.sequence, u.paddle, u.amount, u.at, a.standing_minor, lowest, a.ends_at, u.hash, a.version, coalesce(a.standing_paddle = u.paddle, false)
      from unnest(outcomes, sequences, paddles, made, moments, hashes) with ordinality u(outcome, sequence, paddle, amount, at, hash, ord) order by u.ord;
end $$;

-- Bids of many sessions at once. The permission comes from the one table in tenants/permissions.py: kinds of organisation, jobs, and the scope's name.
create function gate.place_bids(auction uuid, tokens text[], amounts bigint[], limits bigint[], keys uuid[], kinds text[], jobs text[], scope text) returns setof gate.bid_answer
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare bidders uuid[]; people uuid[]; paddles bigint[]; refused text[];
begin
  select array_agg(f.tenant_id order by u.ord), array_agg(f.person_id order by u.ord), array_agg((select d.number from gate.paddle_of(auction, f.tenant_id) d) order by u.ord),
         array_agg(case when f.tenant_id is null then 'SIGNED_OUT' when not f.may then 'NOT_ALLOWED' end order by u.ord)
    into bidders, people, paddles, refused
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
  return query select * from gate.decide_bids(auction, bidders, people, paddles, amounts, limits, keys, refused);
end $$;

-- One bid of the workspace that this transaction stands in.
create function gate.place_bid(auction uuid, amount bigint, most bigint, key uuid) returns setof gate.bid_answer language sql volatile security definer set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
  select * from gate.decide_bids(auction, array[gate.tenant()], array[gate.person()], array[(select d.number from gate.paddle_of(auction, gate.tenant()) d)],
                                 array[amount], array[most], array[key], array[null::text]) $$;

-- Whose paddle is it? The seller learns it when bidding has ended, not before (invariant 33).
create function gate.unmask(auction uuid, paddle_number bigint) returns table (registration_id uuid, tenant_id uuid) language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (select from house.auction a where a.auction_id = auction and a.tenant_id = gate.tenant() and gate.has_ended(a)) then
    raise exception 'bidders are hidden until bidding has ended' using errcode = '42501';
  end if;
  return query select p.registration_id, p.tenant_id from house.paddle p where p.auction_id = auction and p.number = paddle_number;
end $$;

-- With the hammer the limits are opened, by paddle: the seals in the book bind the house to what bidders told it, and anyone can see that it kept to that.
create function gate.open_limits(auction uuid) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (select from house.auction a where a.auction_id = auction and a.tenant_id = gate.tenant() and gate.has_ended(a)) then
    raise exception 'limits are sealed until bidding has ended' using errcode = '42501';
  end if;
  update house.bid b set limit_minor = s.limit_minor, limit_salt = s.salt
    from house.bid_slip s where s.auction_id = auction and s.salt is not null and b.auction_id = auction and b.sequence = s.sequence;
end $$;

-- When a deposit is in, its bidder draws a paddle: a free number of three digits (of six in a crowd), at random, so that no order tells who is who.
create function gate.hand_paddle() returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare bidder uuid; taken bigint; top bigint;
begin
  if new.side = 'OUT' then
    if not exists (select from house.deposit_move d where d.auction_id = new.auction_id and d.registration_id = new.registration_id and d.attempt = new.attempt and d.side = 'IN' and d.amount_minor = new.amount_minor) then
      raise exception 'no such deposit is held' using errcode = '23514';
    end if;
    return new;
  end if;
  perform from house.auction a where a.auction_id = new.auction_id and a.tenant_id = new.tenant_id for no key update;
  if not found then raise exception 'not the seller' using errcode = '42501'; end if;
  if new.attempt > 1 then return new; end if;  -- paid again for a second chance: its paddle is drawn
  select r.tenant_id into bidder from house.registration r where r.auction_id = new.auction_id and r.registration_id = new.registration_id;
  select count(*) into taken from house.paddle p where p.auction_id = new.auction_id;
  top := case when taken < 450 then 999 else 999999 end;
  insert into house.paddle (auction_id, number, tenant_id, registration_id)
  select new.auction_id, g, bidder, new.registration_id from generate_series(case when top = 999 then 100 else 100000 end, top) g
   where not exists (select from house.paddle p where p.auction_id = new.auction_id and p.number = g) order by gen_random_uuid() limit 1;
  return new;
end $$;

-- Whoever has a part in the sale may not bid in it: not the seller, not the debtor, not those who keep the goods; nor who is related to one of them. In a
-- court's sale, where the creditor itself may bid (网拍 17), its relations may. Told only to the one concerned.
create function gate.related_parties(auction uuid, bidder uuid) returns setof uuid language sql stable security definer set search_path = '' as $$
  select party.id from house.disposal d join house.auction a using (auction_id)
    cross join lateral (select d.borrower_id union select d.warehouse_id union select d.supervisor_id
                        union select d.tenant_id where a.regime not in ('COURT_ONLINE', 'COURT_OFFLINE')) party(id)
   where d.auction_id = auction and gate.related_rule(bidder, party.id) is not null $$;
-- After the end the seller is told which of its bidders are related to a party today: an entry among owners may have come after the bids.
create function gate.related_bidders(auction uuid) returns setof uuid language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (select from house.auction a where a.auction_id = auction and a.tenant_id = gate.tenant() and gate.has_ended(a)) then
    raise exception 'bidders are hidden until bidding has ended' using errcode = '42501';
  end if;
  return query select distinct p.tenant_id from house.paddle p cross join lateral gate.related_parties(auction, p.tenant_id) where p.auction_id = auction;
end $$;

create function gate.bar_parties() returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select from house.disposal d where d.auction_id = new.auction_id and new.tenant_id in (d.tenant_id, d.borrower_id, d.warehouse_id, d.supervisor_id)) then
    raise exception 'a party to this sale' using errcode = '23514', constraint = 'bar_parties';
  end if;
  if exists (select from gate.related_parties(new.auction_id, new.tenant_id)) then
    raise exception 'related to a party to this sale' using errcode = '23514', constraint = 'bar_relations';
  end if;
  return new;
end $$;

revoke all on function gate.bid_text(uuid, bigint, bigint, bigint, text, text, bytea, timestamptz, timestamptz), gate.hand_paddle(), gate.bar_parties(), gate.related_parties(uuid, uuid), gate.related_bidders(uuid),
  gate.decide_bids(uuid, uuid[], uuid[], bigint[], bigint[], bigint[], uuid[], text[]), gate.paddle_of(uuid, uuid), gate.place_bid(uuid, bigint, bigint, uuid), gate.unmask(uuid, bigint), gate.open_limits(uuid),
  gate.limit_seal(uuid, bigint, bigint, bytea), gate.outdone(bigint[], bigint[], bigint),
  gate.place_bids(uuid, text[], bigint[], bigint[], uuid[], text[], text[], text) from public;
grant execute on function gate.bid_text(uuid, bigint, bigint, bigint, text, text, bytea, timestamptz, timestamptz), gate.place_bid(uuid, bigint, bigint, uuid), gate.unmask(uuid, bigint),
  gate.open_limits(uuid), gate.related_bidders(uuid) to bailee_app, bailee_worker;
grant execute on function gate.place_bids(uuid, text[], bigint[], bigint[], uuid[], text[], text[], text) to bailee_app;
grant execute on function gate.hand_paddle(), gate.bar_parties() to bailee_owner;

set role bailee_owner;

create trigger bar_parties before insert on house.registration for each row execute function gate.bar_parties();
create trigger hand_paddle after insert on house.deposit_move for each row execute function gate.hand_paddle();

-- Terms stand once they are announced; bidding never ends earlier, the standing bid never falls, the book never shrinks (invariants 25, 27, 28).
create function house.auction_terms_stand() returns trigger language plpgsql set search_path = '' as $$
begin
  if (new.auction_id, new.tenant_id, new.number, new.method, new.regime, new.round, new.predecessor_id, new.currency, new.quantity, new.unit, new.start_minor, new.step_floors, new.step_sizes, new.deposit_minor, new.has_reserve, new.reserve_seal, new.first_refusals,
      new.soft_close_seconds, new.opens_at, new.closes_at, new.drop_minor, new.drop_seconds, new.floor_minor, new.sealing_seconds, new.opening_seconds, new.best_seconds, new.answer_seconds, new.contest_seconds, new.outage_counts_seconds, new.outage_notice_seconds, new.outage_longest_seconds) is distinct from
     (old.auction_id, old.tenant_id, old.number, old.method, old.regime, old.round, old.predecessor_id, old.currency, old.quantity, old.unit, old.start_minor, old.step_floors, old.step_sizes, old.deposit_minor, old.has_reserve, old.reserve_seal, old.first_refusals,
      old.soft_close_seconds, old.opens_at, old.closes_at, old.drop_minor, old.drop_seconds, old.floor_minor, old.sealing_seconds, old.opening_seconds, old.best_seconds, old.answer_seconds, old.contest_seconds, old.outage_counts_seconds, old.outage_notice_seconds, old.outage_longest_seconds) then
    raise exception 'announced terms do not change' using errcode = '23514';
  end if;
  if (new.stood, new.resumes_at, new.halted_at) is distinct from (old.stood, old.resumes_at, old.halted_at) and current_user <> 'bailee_context' then
    raise exception 'only an outage or an order lets a sale stand still' using errcode = '42501';
  end if;
  -- The one step back: whoever takes a fixed price, stops a falling clock or strikes a bargain ends it there and then, or begins the windows that follow.
  if (new.ends_at < old.ends_at and not ((old.method like 'DUTCH%' or old.method in ('FIXED', 'NEGOTIATED')) and old.standing_paddle is null and new.standing_paddle is not null)) or new.sequence < old.sequence or new.version < old.version or new.standing_minor < old.standing_minor
     or (old.standing_minor is not null and new.standing_minor is null) then
    raise exception 'an auction moves forward only' using errcode = '23514';
  end if;
  return new;
end $$;
alter table house.auction set (fillfactor = 30);  -- the row of a hot auction is rewritten with every batch
create trigger auction_terms_stand before update on house.auction for each row execute function house.auction_terms_stand();

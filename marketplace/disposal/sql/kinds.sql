-- Sales that do not ascend, decided under the auction's lock like any other bid: the falling clock, envelopes, and the two together. Run as the gate's owner.
--
-- One act at a time: nobody storms an envelope. The rules are those of rules/kinds, held beside this by a property, act by act.

set role bailee_context;

create type gate.bid_answer as (
  ord int, outcome text, sequence bigint, paddle bigint, amount bigint, at timestamptz, standing bigint, lowest bigint, ends_at timestamptz, hash bytea, version bigint,
  leads boolean
);

-- The text that a bid's hash covers, after the hash of the bid before it.
create function gate.bid_text(auction uuid, seq bigint, paddle bigint, amount bigint, outcome text, origin text, limit_seal bytea, at timestamptz, ends_at timestamptz)
returns text language sql immutable set search_path = '' as $$
  select concat_ws(E'\n', auction, seq, paddle, amount, outcome, origin, coalesce(encode(limit_seal, 'hex'), ''),
                   to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) $$;

-- The price that the first taker pays: fixed, or of a falling clock, from the start and the hour alone, whatever timers did; while the sale stood still, it stood too.
create function gate.clock_price(a house.auction, at timestamptz) returns bigint language sql immutable set search_path = '' as $$
  select case when a.method = 'FIXED' then a.start_minor else greatest(a.floor_minor::numeric, a.start_minor - a.drop_minor::numeric * floor(extract(epoch from at - a.opens_at - a.stood) / a.drop_seconds))::bigint end $$;

-- What is handed in of a sealed bid, as the bidder's own machine makes it.
create function gate.envelope_seal(auction uuid, paddle bigint, amount bigint, currency text, salt bytea) returns bytea language sql immutable set search_path = '' as $$
  select sha256(convert_to(concat_ws(E'\n', 'bailee envelope 1', auction, paddle, amount, currency, encode(salt, 'hex')), 'UTF8')) $$;

-- Which act counts at `at`.
create function gate.stage(a house.auction, at timestamptz) returns text language sql immutable set search_path = '' as $$
  select case
    when a.status not in ('ANNOUNCED', 'OPEN') or at >= a.ends_at then 'OVER'
    when at < a.opens_at then 'BEFORE'
    when a.method in ('SEALED_FIRST', 'SEALED_SECOND') then case when at < a.closes_at + a.stood then 'SEALING' else 'OPENING' end
    when a.method = 'FIXED' then case when a.standing_paddle is null then 'TAKING' else 'BIDDING' end  -- the contest after the first bid
    when a.method = 'NEGOTIATED' then 'BARGAINING'
    when a.standing_paddle is null then 'CLOCK'
    when at >= a.ends_at - make_interval(secs => a.best_seconds) then 'BEST'
    when at >= a.ends_at - make_interval(secs => a.best_seconds + a.opening_seconds) then 'OPENING'
    else 'SEALING' end $$;

-- Whose word comes last in a sale that began with a clock: the one who stopped it, and at what price.
create function gate.taker(auction uuid) returns house.bid language sql stable set search_path = '' as $$
  select b from house.bid b where b.auction_id = auction and b.outcome = 'ACCEPTED' order by b.sequence limit 1 $$;

-- The outcome of an act, and its amount as the book tells it. No outcome of the book where the act is of no such kind of sale: its amount would be told.
create function gate.fate(a house.auction, at timestamptz, mine bigint, act text, asked bigint, seal bytea) returns text language plpgsql stable set search_path = '' as $$
declare stage text := gate.stage(a, at); handed house.bid; lowest bigint;
begin
  if act = 'BID' then
    if a.method = 'NEGOTIATED' then return 'BARGAINS'; end if;
    if stage in ('SEALING', 'OPENING') or (a.method like 'SEALED%' and stage in ('BEFORE', 'OVER')) then return 'ENVELOPES';
    elsif stage = 'OVER' then return 'CLOSED';
    elsif stage = 'BEFORE' then return 'NOT_OPEN';
    elsif stage in ('CLOCK', 'TAKING') then return case when asked < gate.clock_price(a, at) then 'TOO_LOW' else 'ACCEPTED' end;
    elsif stage = 'BEST' and mine <> (gate.taker(a.auction_id)).paddle then return 'NOT_TAKER';
    elsif mine = a.standing_paddle then return 'LEADING';
    end if;
    if asked = a.standing_minor and gate.order_of_right(a.auction_id, mine) < gate.order_of_right(a.auction_id, a.standing_paddle) then return 'MATCHED'; end if;
    lowest := gate.outdone(a.step_floors, a.step_sizes, a.standing_minor);
    return case when asked < lowest then 'TOO_LOW' when asked > lowest * 10 then 'TOO_HIGH' else 'ACCEPTED' end;
  end if;
  if a.opening_seconds is null then return 'NO_ENVELOPES'; end if;
  select * into handed from house.bid b where b.auction_id = a.auction_id and b.paddle = mine and b.outcome = 'SEALED' limit 1;
  if act = 'SEAL' then
    return case when stage in ('BEFORE', 'CLOCK') then 'NOT_OPEN' when stage <> 'SEALING' then 'CLOSED'
                when mine = a.standing_paddle then 'LEADING' when handed.sequence is not null then 'SEALED_ALREADY' else 'SEALED' end;
  end if;
  return case when stage in ('OVER', 'BEST') then 'CLOSED' when stage <> 'OPENING' then 'NOT_OPEN' when handed.sequence is null then 'NO_ENVELOPE'
              when exists (select from house.bid b where b.auction_id = a.auction_id and b.paddle = mine and b.outcome = 'OPENED') then 'OPENED_ALREADY'
              when handed.limit_seal <> seal then 'SEAL_WRONG' else 'OPENED' end;
end $$;

-- The best of the opened envelopes that reach `lowest`: the higher amount, of equals the one handed in earlier; and the best of the others.
create function gate.best_envelopes(auction uuid, lowest bigint) returns table (paddle bigint, amount bigint) language sql stable set search_path = '' as $$
  select o.paddle, o.amount_minor from house.bid o join house.bid s on s.auction_id = o.auction_id and s.paddle = o.paddle and s.outcome = 'SEALED'
   where o.auction_id = auction and o.outcome = 'OPENED' and o.amount_minor >= lowest order by o.amount_minor desc, s.sequence limit 2 $$;

-- Who stands after an envelope was opened, and at what price. The house lifts the second price to a reserve that the best bid reaches.
create function gate.stand_envelopes(a house.auction, reserve bigint) returns house.auction language plpgsql stable set search_path = '' as $$
declare best record; runner_up bigint; lowest bigint := a.start_minor; taken house.bid;
begin
  if a.method = 'DUTCH_SEALED_BEST' then
    taken := gate.taker(a.auction_id); lowest := gate.outdone(a.step_floors, a.step_sizes, taken.amount_minor);
  end if;
  select * into best from gate.best_envelopes(a.auction_id, lowest) limit 1;
  if not found then return a; end if;
  select e.amount into runner_up from gate.best_envelopes(a.auction_id, lowest) e offset 1;
  a.reserve_met := best.amount >= coalesce(reserve, 0);
  a.standing_paddle := best.paddle;
  a.standing_minor := case when a.method <> 'SEALED_SECOND' then best.amount
                           when a.reserve_met then greatest(lowest, coalesce(reserve, 0), coalesce(runner_up, 0)) else greatest(lowest, coalesce(runner_up, 0)) end;
  return a;
end $$;

-- One act of one bidder, decided, written and chained. The same key again is the same act and gets the same answer.
create function gate.decide_act(auction uuid, bidder uuid, person uuid, act text, asked bigint, seal bytea, given_salt bytea, key uuid, refused text) returns setof gate.bid_answer
language plpgsql volatile security definer set search_path = '' as $$
declare a house.auction; moment timestamptz; mine bigint; slip house.bid_slip; line house.bid; outcome text := refused; told bigint := asked; due timestamptz; reserve bigint;
begin
  select p.number into mine from house.paddle p where p.auction_id = auction and p.tenant_id = bidder
     and (act = 'OPEN' or not exists (select from house.bidder_bar r where r.bidder_id = decide_act.bidder and r.lifted_at is null and r.until_at > gate.now()));
  select * into a from house.auction x where x.auction_id = auction for no key update;
  if not found then outcome := coalesce(outcome, 'UNKNOWN'); end if;
  moment := gate.now();
  if outcome is null and mine is null then outcome := 'NO_PADDLE'; end if;
  if outcome is null then
    select * into slip from house.bid_slip l where l.auction_id = auction and l.tenant_id = bidder and l.key = decide_act.key;
    if found then
      select * into line from house.bid b where b.auction_id = auction and b.sequence = slip.sequence;
      outcome := case when (slip.amount_minor, slip.limit_minor is null) <> (asked, true) or (act = 'SEAL' and line.limit_seal is distinct from seal and line.outcome = 'SEALED')
                      then 'KEY_REUSED' else line.outcome end;
    end if;
  end if;
  if outcome is null and (moment < a.resumes_at or a.halted_at is not null or gate.is_silent()) then outcome := 'PAUSED'; end if;
  if outcome is null then
    if act = 'OPEN' then seal := gate.envelope_seal(auction, mine, asked, a.currency, given_salt); end if;
    outcome := gate.fate(a, moment, mine, act, asked, seal);
    if outcome not in ('ENVELOPES', 'NO_ENVELOPES', 'BARGAINS') then
      if act = 'BID' and outcome in ('ACCEPTED', 'MATCHED') then
        if a.standing_paddle is null then
          told := gate.clock_price(a, moment);
          a.ends_at := moment + make_interval(secs => coalesce(a.sealing_seconds + a.opening_seconds + a.best_seconds, a.contest_seconds, 0)); due := a.ends_at;
        elsif a.method = 'FIXED' and a.ends_at - moment < make_interval(secs => a.soft_close_seconds) then
          a.ends_at := moment + make_interval(secs => a.soft_close_seconds); a.extensions := a.extensions + 1;
        end if;
        a.standing_minor := told; a.standing_paddle := mine; a.reserve_met := true; a.accepted := a.accepted + 1;
      elsif act <> 'BID' and outcome not in ('OPENED', 'SEAL_WRONG') then told := 0;
      end if;
      a.sequence := a.sequence + 1; a.version := a.version + 1;
      if outcome not in ('SEALED', 'OPENED', 'SEAL_WRONG') then seal := null; end if;
      a.chain_hash := sha256(a.chain_hash || convert_to(gate.bid_text(auction, a.sequence, mine, told, outcome, 'HAND', seal, moment, a.ends_at), 'UTF8'));
      insert into house.bid (auction_id, sequence, paddle, amount_minor, outcome, origin, limit_seal, at, ends_at, hash, limit_minor, limit_salt)
      values (auction, a.sequence, mine, told, outcome, 'HAND', seal, moment, a.ends_at, a.chain_hash,
              case when outcome in ('OPENED', 'SEAL_WRONG') then asked end, case when outcome in ('OPENED', 'SEAL_WRONG') then given_salt end) returning * into line;
      insert into house.bid_slip (auction_id, tenant_id, key, person_id, sequence, amount_minor, stands)
      values (auction, bidder, key, person, a.sequence, asked, outcome in ('ACCEPTED', 'MATCHED', 'SEALED', 'OPENED'));
      if outcome = 'OPENED' then
        select d.reserve_minor into reserve from house.disposal d where d.auction_id = auction;
        a := gate.stand_envelopes(a, reserve); a.accepted := a.accepted + 1;
      end if;
      update house.auction x set sequence = a.sequence, version = a.version, accepted = a.accepted, standing_minor = a.standing_minor, standing_paddle = a.standing_paddle,
             reserve_met = a.reserve_met, ends_at = a.ends_at, extensions = a.extensions, chain_hash = a.chain_hash where x.auction_id = auction;
      -- The hammer follows the clock's end, also where that came early; who watches hears of envelopes as of bids.
      insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at)
      select a.tenant_id, uuidv7(), s.name, auction, 0, '{}', coalesce(s.at, gate.now()), clock_timestamp()
        from (values ('disposal.close_auction', due), ('disposal.announce_room', moment)) s(name, at)
       where s.name = 'disposal.announce_room' and act <> 'BID' or s.name = 'disposal.close_auction' and due is not null;
      perform pg_catalog.pg_notify('deliveries', '');
    end if;
  end if;
  return query select 1, outcome, line.sequence, mine, coalesce(line.amount_minor, asked), coalesce(line.at, moment), a.standing_minor,
    case when gate.stage(a, moment) = 'CLOCK' then gate.clock_price(a, moment) when a.standing_minor is null then coalesce(a.floor_minor, a.start_minor)
         else gate.outdone(a.step_floors, a.step_sizes, a.standing_minor) end, a.ends_at, line.hash, a.version, coalesce(a.standing_paddle = mine, false);
end $$;

-- A sealed bid of the workspace that this transaction stands in: handed in by its hash, opened by amount and salt.
create function gate.hand_in(auction uuid, seal bytea, key uuid) returns setof gate.bid_answer language sql volatile security definer set search_path = '' as $$
  select * from gate.decide_act(auction, gate.tenant(), gate.person(), 'SEAL', 0, seal, null, key, null) $$;
create function gate.open_envelope(auction uuid, amount bigint, salt bytea, key uuid) returns setof gate.bid_answer language sql volatile security definer set search_path = '' as $$
  select * from gate.decide_act(auction, gate.tenant(), gate.person(), 'OPEN', amount, null, salt, key, null) $$;

revoke all on function gate.clock_price(house.auction, timestamptz), gate.envelope_seal(uuid, bigint, bigint, text, bytea), gate.stage(house.auction, timestamptz), gate.taker(uuid),
  gate.fate(house.auction, timestamptz, bigint, text, bigint, bytea), gate.best_envelopes(uuid, bigint), gate.stand_envelopes(house.auction, bigint),
  gate.decide_act(uuid, uuid, uuid, text, bigint, bytea, bytea, uuid, text), gate.hand_in(uuid, bytea, uuid), gate.open_envelope(uuid, bigint, bytea, uuid) from public;
grant execute on function gate.hand_in(uuid, bytea, uuid), gate.open_envelope(uuid, bigint, bytea, uuid) to bailee_app;

set role bailee_owner;

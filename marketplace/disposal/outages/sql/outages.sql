-- Outages: the web gives a sign of life every few seconds; the sign that ends a silence rules on every sale that ran in it, by the rule published with its terms
-- (rules/outages.py), in the same transaction. Run as the gate's owner.
--
-- A silence is measured by the world's clock, which no demo drives; what it did to a sale is reckoned by the house's. Until the sign that ends it, no bid is taken
-- and no hammer falls: nobody decides on a state that the rule is about to change.

set role bailee_context;

create table gate.heartbeat (only_row boolean primary key default true check (only_row), world_at timestamptz not null, house_at timestamptz not null);

-- Half a minute without a sign. A house that never gave one (a script, a test) is not silent.
create function gate.is_silent() returns boolean language sql volatile security definer set search_path = '' as $$
  select coalesce((select clock_timestamp() - h.world_at >= interval '30 seconds' from gate.heartbeat h), false) $$;

-- Since when it is silent, by the house's clock; null where it is not.
create function gate.silent_since() returns timestamptz language sql volatile security definer set search_path = '' as $$
  select h.house_at from gate.heartbeat h where gate.is_silent() $$;

-- What a silence, or an order, does to one sale, whose row is held. The first mark of those: the last sign of life or the order, the opening, the last line taken
-- after it, an earlier standstill's end. What was ordered counts however short it was, and is told by whoever lifts it.
create function gate.stand_still(a house.auction, silent_from timestamptz, back_at timestamptz, ordered boolean) returns boolean language plpgsql volatile set search_path = '' as $$
declare began timestamptz; resumes timestamptz; silence interval; place int;
begin
  began := greatest(silent_from, a.opens_at, a.resumes_at, (select b.at from house.bid b where b.auction_id = a.auction_id order by b.sequence desc limit 1));
  silence := back_at - began;
  if began >= a.ends_at or silence <= interval '0' or (not ordered and silence < make_interval(secs => a.outage_counts_seconds)) then return false; end if;
  resumes := case when silence <= make_interval(secs => a.outage_longest_seconds) then back_at + make_interval(secs => a.outage_notice_seconds)
                  else began + interval '24 hours' * ceil(extract(epoch from silence) / 86400 + 1)::int end;
  update house.auction x set resumes_at = resumes, stood = x.stood + (resumes - began), ends_at = x.ends_at + (resumes - began), version = x.version + 1
   where x.auction_id = a.auction_id returning * into a;
  insert into house.outage_ruling (auction_id, number, tenant_id, began_at, back_at, resumes_at, ends_at, after_sequence)
  select a.auction_id, count(*) + 1, a.tenant_id, began, stand_still.back_at, resumes, a.ends_at, a.sequence from house.outage_ruling r where r.auction_id = a.auction_id
  returning number into place;
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at)
  select a.tenant_id, uuidv7(), s.name, a.auction_id, 0, pg_catalog.jsonb_build_object('number', place), s.at, clock_timestamp()
    from (values ('disposal.close_auction', a.ends_at), ('disposal.announce_room', back_at), ('disposal.announce_room', resumes), ('outages.tell_of_standstill', back_at), ('disposal.open_auction', resumes)) s(name, at)
   where case s.name when 'outages.tell_of_standstill' then not ordered when 'disposal.open_auction' then a.status = 'ANNOUNCED' else true end;
  perform pg_catalog.pg_notify('deliveries', '');
  return true;
end $$;

-- Whether bidding is over by the clock: the end has come, and no order keeps it from counting (an order ends with its sale).
create function gate.has_ended(a house.auction) returns boolean language sql volatile set search_path = '' as $$
  select a.ends_at <= gate.now() and (a.halted_at is null or a.closed_at is not null) $$;

-- Who may do an act upon this sale: its seller; or the platform's operator, by what two of its officers have agreed on.
create function gate.may_halt(a house.auction, wanted text, agreed uuid) returns boolean language sql volatile set search_path = '' as $$
  select case when agreed is null then a.tenant_id = gate.tenant() else
    exists (select from house.organisation o where o.id = gate.tenant() and o.kinds ? 'PLATFORM')
    and exists (select from house.approval p where p.tenant_id = gate.tenant() and p.id = agreed and p.act = wanted and p.subject_id = a.auction_id and p.decision = 'approved') end $$;

-- A sale is let stand still, from this moment or, in a silent house, from the last sign of life: the order then covers the silence. Null where bidding is over or
-- stands still by order already. The operator takes part in the room from then on, since it answers for the order there.
create function gate.halt_sale(sale uuid, its_ground text, its_author text, its_paper text, its_reason text, agreed uuid default null) returns timestamptz language plpgsql volatile security definer set search_path = '' as $$
declare a house.auction; mark timestamptz;
begin
  select * into a from house.auction x where x.auction_id = sale for no key update;
  if not found or not gate.may_halt(a, 'approve_halt', agreed) then raise exception 'not the seller' using errcode = '42501'; end if;
  mark := coalesce(gate.silent_since(), gate.now());
  if a.status not in ('ANNOUNCED', 'OPEN') or a.halted_at is not null or mark >= a.ends_at then return null; end if;
  update house.auction x set halted_at = mark, version = x.version + 1 where x.auction_id = sale;
  insert into house.halt_order (auction_id, number, tenant_id, ground, ordered_by, paper, because, through, approval_id, ordered_at)
  select sale, count(*) + 1, a.tenant_id, its_ground, its_author, its_paper, its_reason, case when agreed is null then 'SELLER' else 'OPERATOR' end, agreed, mark
    from house.halt_order h where h.auction_id = sale;
  if agreed is not null then
    insert into gate.access_grant values (gate.tenant(), sale, 'operator', 'auction', false, a.tenant_id, mark, null) on conflict (tenant_id, object_id, role) do nothing;
  end if;
  return mark;
end $$;

-- The order is lifted, by the side that gave it: the sale goes on by the rule published with its terms. Null where it stands still by no order of that side. Lifted
-- before the opening, an order moves nothing.
create function gate.lift_halt(sale uuid, agreed uuid default null) returns timestamptz language plpgsql volatile security definer set search_path = '' as $$
declare a house.auction; mark timestamptz; moment timestamptz; ruled boolean;
begin
  select * into a from house.auction x where x.auction_id = sale for no key update;
  if not found or not gate.may_halt(a, 'approve_resumption', agreed) then raise exception 'not the seller' using errcode = '42501'; end if;
  if a.status not in ('ANNOUNCED', 'OPEN') or not exists (
       select from house.halt_order h where h.auction_id = sale and h.lifted_at is null and (h.approval_id is null) = (agreed is null)) then return null; end if;
  mark := a.halted_at; moment := gate.now();
  update house.auction x set halted_at = null, version = x.version + 1 where x.auction_id = sale returning * into a;
  ruled := gate.stand_still(a, mark, moment, true);
  update house.halt_order h set lifted_at = moment, ruling = case when ruled then (select max(r.number) from house.outage_ruling r where r.auction_id = sale) end
   where h.auction_id = sale and h.lifted_at is null;
  return moment;
end $$;

-- A sign of life, given by any process that can take bids. Returns on how many sales it ruled.
create function gate.beat() returns int language plpgsql volatile security definer set search_path = '' as $$
declare last gate.heartbeat; moment timestamptz; a house.auction; ruled int := 0;
begin
  select * into last from gate.heartbeat for update;
  moment := gate.now();
  if not found then
    insert into gate.heartbeat (world_at, house_at) values (clock_timestamp(), moment) on conflict do nothing;
    return 0;
  end if;
  if clock_timestamp() - last.world_at >= interval '30 seconds' then
    for a in select * from house.auction x where x.status in ('ANNOUNCED', 'OPEN') and x.opens_at < moment and x.ends_at > last.house_at and x.halted_at is null order by x.auction_id for no key update loop
      if gate.stand_still(a, last.house_at, moment, false) then
        ruled := ruled + 1;
      else  -- nothing was lost, but its hammer may have waited for this sign
        insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at)
        values (a.tenant_id, uuidv7(), 'disposal.close_auction', a.auction_id, 0, '{}', greatest(a.ends_at, moment), clock_timestamp());
      end if;
    end loop;
  end if;
  update gate.heartbeat set world_at = clock_timestamp(), house_at = moment;
  return ruled;
end $$;

revoke all on function gate.is_silent(), gate.silent_since(), gate.stand_still(house.auction, timestamptz, timestamptz, boolean), gate.beat(),
  gate.has_ended(house.auction), gate.may_halt(house.auction, text, uuid), gate.halt_sale(uuid, text, text, text, text, uuid), gate.lift_halt(uuid, uuid) from public;
grant execute on function gate.silent_since() to bailee_app, bailee_worker;
grant execute on function gate.beat(), gate.halt_sale(uuid, text, text, text, text, uuid), gate.lift_halt(uuid, uuid) to bailee_app;

set role bailee_owner;

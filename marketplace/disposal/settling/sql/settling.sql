-- After the hammer. Run as the gate's owner: who defaulted bids no more, sellers see who that is, and an answer changes nothing but itself.

set role bailee_context;

-- A buyer that did not pay never bids for the same goods again, and while its bar stands in no sale of the house. Told only to the one concerned.
create function gate.bar_defaulters() returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select from house.bidder_bar b where b.bidder_id = new.tenant_id and b.lifted_at is null
               and (b.until_at > gate.now()
                    or exists (select from house.disposal d join house.disposal e on e.deal_id = d.deal_id and e.lot_id = d.lot_id
                                where d.auction_id = new.auction_id and e.auction_id = b.auction_id))) then
    raise exception 'barred after a default' using errcode = '23514', constraint = 'bar_defaulters';
  end if;
  return new;
end $$;

-- The bars that stand, for firms that sell. Others learn their own from their own rows.
create function gate.bars() returns setof house.bidder_bar language plpgsql stable security definer set search_path = '' as $$
begin
  if exists (select from house.organisation o where o.id = gate.tenant() and o.kinds ?| array['BANK', 'AUCTIONEER']) then
    return query select b.* from house.bidder_bar b where b.lifted_at is null and b.until_at > gate.now() order by b.barred_at desc, b.auction_id limit 200;
  end if;
end $$;

-- A bar reaches back to sales that run: each of their sellers is asked to let the registration go. Nobody learns of the others.
create function gate.ask_to_void() returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at)
  select a.tenant_id, uuidv7(), 'settling.void_registration', a.auction_id, 0, pg_catalog.jsonb_build_object('bidder_id', new.bidder_id), gate.now(), clock_timestamp()
    from house.registration r join house.auction a on a.auction_id = r.auction_id where r.tenant_id = new.bidder_id and a.status in ('ANNOUNCED', 'OPEN');
  return new;
end $$;

-- Its paddle goes with it, unless a bid was taken under it, or an offer of its stands open: that one binds (invariant 27), and no other will be taken while the bar stands.
create function gate.void_paddle(auction uuid, firm uuid) returns boolean language plpgsql volatile security definer set search_path = '' as $$
declare mine bigint;
begin
  perform from house.auction a where a.auction_id = auction and a.tenant_id = gate.tenant() and a.status in ('ANNOUNCED', 'OPEN') for no key update;
  if not found or not exists (select from house.bidder_bar b where b.bidder_id = firm and b.lifted_at is null and b.until_at > gate.now()) then return false; end if;
  select p.number into mine from house.paddle p where p.auction_id = auction and p.tenant_id = firm;
  if exists (select from house.bid b where b.auction_id = auction and b.paddle = mine and b.outcome in ('ACCEPTED', 'MATCHED', 'RAISED', 'SEALED', 'OPENED'))
     or exists (select from house.negotiated_offer o where o.auction_id = auction and o.tenant_id = void_paddle.firm and o.status = 'OPEN' and gate.now() < o.expires_at) then return false; end if;
  delete from house.paddle p where p.auction_id = auction and p.tenant_id = firm;
  return true;
end $$;

revoke all on function gate.bar_defaulters(), gate.bars(), gate.ask_to_void(), gate.void_paddle(uuid, uuid) from public;
grant execute on function gate.bars(), gate.void_paddle(uuid, uuid) to bailee_app, bailee_worker;
grant execute on function gate.bar_defaulters(), gate.ask_to_void() to bailee_owner;

set role bailee_owner;

create trigger bar_defaulters before insert on house.registration for each row execute function gate.bar_defaulters();
create trigger ask_to_void after insert on house.bidder_bar for each row execute function gate.ask_to_void();

-- What was offered stands; the bidder says yes or no, the seller the rest.
create function house.chance_stands() returns trigger language plpgsql set search_path = '' as $$
begin
  if (new.auction_id, new.attempt, new.tenant_id, new.registration_id, new.paddle, new.currency, new.price_minor, new.deposit_minor, new.offered_at, new.answer_by) is distinct from
     (old.auction_id, old.attempt, old.tenant_id, old.registration_id, old.paddle, old.currency, old.price_minor, old.deposit_minor, old.offered_at, old.answer_by) then
    raise exception 'an offer does not change' using errcode = '23514';
  end if;
  if old.status in ('TAKEN', 'DECLINED', 'LAPSED') and new.status <> old.status then
    raise exception 'this offer is over' using errcode = '23514';
  end if;
  if new.status in ('ACCEPTED', 'DECLINED') and new.status <> old.status and (gate.tenant() = old.tenant_id or old.status <> 'OFFERED' or gate.now() >= old.answer_by) then
    raise exception 'the runner-up answers, in time' using errcode = '42501';
  end if;
  if new.status in ('TAKEN', 'LAPSED') and new.status <> old.status and gate.tenant() <> old.tenant_id then
    raise exception 'the seller concludes' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger chance_stands before update on house.second_chance for each row execute function house.chance_stands();

create function house.bar_stands() returns trigger language plpgsql set search_path = '' as $$
begin
  if (new.auction_id, new.attempt, new.tenant_id, new.registration_id, new.bidder_id, new.bidder, new.title, new.barred_at, new.until_at) is distinct from
     (old.auction_id, old.attempt, old.tenant_id, old.registration_id, old.bidder_id, old.bidder, old.title, old.barred_at, old.until_at)
     or (old.lifted_at is not null and new.lifted_at is distinct from old.lifted_at) or (old.appealed_at is not null and new.appeal is distinct from old.appeal) then
    raise exception 'a bar does not change' using errcode = '23514';
  end if;
  if new.lifted_at is distinct from old.lifted_at and gate.tenant() <> old.tenant_id then raise exception 'the seller lifts a bar' using errcode = '42501'; end if;
  if new.appealed_at is distinct from old.appealed_at and gate.tenant() <> old.bidder_id then raise exception 'the bidder appeals' using errcode = '42501'; end if;
  return new;
end $$;
create trigger bar_stands before update on house.bidder_bar for each row execute function house.bar_stands();

-- Offers in the rooms of a negotiated sale. Run as the gate's owner.
--
-- What may be done is decided by rules/negotiating.py, under the sale's lock that gate.hold_talks takes. What must never happen, whatever the code says, is
-- refused here once more: a price below the floor, or below the valuation without the pledgor's word; an answer to an offer that has ended, is firm, or is
-- one's own; two bargains. Each act is a line in the public book, an offer's amount sealed until the hammer.

set role bailee_context;

-- The least at which a bargain may be struck now.
create function gate.least_bargain(a house.auction) returns bigint language sql stable set search_path = '' as $$
  select case when exists (select from house.floor_consent c where c.auction_id = a.auction_id and c.agreed) then a.start_minor
              else greatest(a.start_minor, (select d.valuation_minor from house.disposal d where d.auction_id = a.auction_id)) end $$;

-- Hold the sale for one act of its seller or of one of its buyers; the house's clock inside the lock, whether the sale stands still, and whether the buyer is barred.
create function gate.hold_talks(auction uuid) returns table (at timestamptz, paused boolean, barred boolean) language plpgsql volatile security definer set search_path = '' as $$
declare a house.auction;
begin
  if not exists (select from house.auction x where x.auction_id = auction and x.tenant_id = gate.tenant())
     and not exists (select from house.paddle p where p.auction_id = auction and p.tenant_id = gate.tenant()) then
    raise exception 'no part in this sale' using errcode = '42501';
  end if;
  select * into a from house.auction x where x.auction_id = auction for no key update;
  at := gate.now(); paused := coalesce(at < a.resumes_at, false) or a.halted_at is not null or gate.is_silent();
  barred := exists (select from house.bidder_bar r where r.bidder_id = gate.tenant() and r.lifted_at is null and r.until_at > at);
  return next;
end $$;

-- One act in one room, by whoever this transaction stands for. `answers`: the offer that is withdrawn, declined or accepted. Gives the line in the book.
create function gate.enter_talks(auction uuid, room uuid, act text, moment timestamptz, answers int, amount bigint, is_firm boolean, delivery text, words text) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare a house.auction; paddle house.paddle; last house.negotiated_offer; who text; origin text; stood boolean; outcome text; price bigint := 0; seal bytea; sealing bytea;
begin
  select * into a from house.auction x where x.auction_id = auction for no key update;
  select * into paddle from house.paddle p where p.auction_id = auction and p.registration_id = room;
  who := case gate.tenant() when a.tenant_id then 'SELLER' when paddle.tenant_id then 'BUYER' end;
  if who is null or paddle.number is null or a.method <> 'NEGOTIATED' then raise exception 'no part in this room' using errcode = '42501'; end if;
  origin := case who when 'SELLER' then 'SELLER' else 'HAND' end;
  if a.status not in ('ANNOUNCED', 'OPEN') or a.standing_paddle is not null or moment < a.opens_at or moment >= a.ends_at or moment < a.resumes_at or a.halted_at is not null or moment > gate.now()
     or moment < (select max(b.at) from house.bid b where b.auction_id = auction) then
    raise exception 'these talks are closed' using errcode = '23514';
  end if;
  select * into last from house.negotiated_offer o where o.auction_id = auction and o.registration_id = room order by o.turn desc limit 1;
  stood := coalesce(last.status = 'OPEN' and moment < last.expires_at, false);
  if act = 'OFFER' then
    if amount < a.start_minor or (who = 'SELLER' and amount < gate.least_bargain(a)) then raise exception 'below the floor' using errcode = '23514'; end if;
    if stood and last.side = who and not (case who when 'BUYER' then amount > last.amount_minor else amount < last.amount_minor end) then
      raise exception 'no better than what stands' using errcode = '23514';
    end if;
    update house.negotiated_offer o set status = case when not stood then 'EXPIRED' when last.side = who then 'IMPROVED' else 'COUNTERED' end, ended_at = moment
     where o.auction_id = auction and o.registration_id = room and o.status = 'OPEN';
    outcome := 'OFFERED'; sealing := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
    seal := gate.limit_seal(auction, a.sequence + 1, amount, sealing);
    insert into house.negotiated_offer (auction_id, registration_id, turn, tenant_id, side, status, currency, amount_minor, firm, delivery, words, made_at, expires_at, sequence, salt)
    values (auction, room, coalesce(last.turn, 0) + 1, gate.tenant(), who, 'OPEN', a.currency, amount, is_firm, delivery, words, moment,
            least(moment + make_interval(secs => a.answer_seconds), a.ends_at), a.sequence + 1, sealing);
  else
    if not stood or last.turn <> answers then raise exception 'no such offer stands open' using errcode = '23514'; end if;
    if (act = 'WITHDRAW') <> (last.side = who) or (act = 'WITHDRAW' and last.firm) then raise exception 'not this side''s to answer' using errcode = '23514'; end if;
    outcome := case act when 'WITHDRAW' then 'WITHDRAWN' when 'DECLINE' then 'DECLINED' when 'ACCEPT' then 'ACCEPTED' end;
    if act = 'ACCEPT' then
      if last.amount_minor < gate.least_bargain(a) then raise exception 'below the floor' using errcode = '23514'; end if;
      price := last.amount_minor; a.standing_minor := price; a.standing_paddle := paddle.number; a.reserve_met := true; a.accepted := a.accepted + 1; a.ends_at := moment;
    end if;
    update house.negotiated_offer o set status = outcome, ended_at = moment where o.auction_id = auction and o.registration_id = room and o.turn = last.turn;
  end if;
  a.sequence := a.sequence + 1; a.version := a.version + 1;
  a.chain_hash := sha256(a.chain_hash || convert_to(gate.bid_text(auction, a.sequence, paddle.number, price, outcome, origin, seal, moment, a.ends_at), 'UTF8'));
  insert into house.bid (auction_id, sequence, paddle, amount_minor, outcome, origin, limit_seal, at, ends_at, hash)
  values (auction, a.sequence, paddle.number, price, outcome, origin, seal, moment, a.ends_at, a.chain_hash);
  insert into house.bid_slip (auction_id, tenant_id, key, person_id, sequence, amount_minor, limit_minor, salt, stands)
  values (auction, gate.tenant(), uuidv7(), gate.person(), a.sequence, price, case when seal is not null then amount end, sealing, false);
  update house.auction x set sequence = a.sequence, version = a.version, accepted = a.accepted, standing_minor = a.standing_minor, standing_paddle = a.standing_paddle,
         reserve_met = a.reserve_met, ends_at = a.ends_at, chain_hash = a.chain_hash where x.auction_id = auction;
  -- The hammer follows a bargain at once; who watches hears that the book has grown.
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at)
  select a.tenant_id, uuidv7(), s.name, auction, 0, '{}', gate.now(), clock_timestamp() from unnest(array['disposal.close_auction', 'disposal.announce_room']) s(name)
   where s.name = 'disposal.announce_room' or outcome = 'ACCEPTED';
  perform pg_catalog.pg_notify('deliveries', '');
  return a.sequence;
end $$;

revoke all on function gate.least_bargain(house.auction), gate.hold_talks(uuid), gate.enter_talks(uuid, uuid, text, timestamptz, int, bigint, boolean, text, text) from public;
grant execute on function gate.hold_talks(uuid), gate.enter_talks(uuid, uuid, text, timestamptz, int, bigint, boolean, text, text) to bailee_app;

set role bailee_owner;

-- The pledgor answers, by its own hand and once; nothing else of the question ever changes.
create function house.floor_answered() returns trigger language plpgsql set search_path = '' as $$
begin
  if (new.auction_id, new.tenant_id, new.deal_id, new.borrower_id, new.title, new.currency, new.floor_minor, new.valuation_minor, new.asked_at, new.ends_at) is distinct from
     (old.auction_id, old.tenant_id, old.deal_id, old.borrower_id, old.title, old.currency, old.floor_minor, old.valuation_minor, old.asked_at, old.ends_at) or old.agreed is not null then
    raise exception 'what was asked, and what was answered, stands' using errcode = '23514';
  end if;
  if gate.tenant() is distinct from old.borrower_id then raise exception 'the pledgor answers' using errcode = '42501'; end if;
  return new;
end $$;
create trigger floor_answered before update on house.floor_consent for each row execute function house.floor_answered();
create function house.floor_asked() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.agreed is not null then raise exception 'the pledgor answers' using errcode = '42501'; end if;
  return new;
end $$;
create trigger floor_asked before insert on house.floor_consent for each row execute function house.floor_asked();

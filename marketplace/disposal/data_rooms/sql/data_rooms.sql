-- The data room: bidders come to the seller's papers by the gate alone. It looks at promise and deposit, and writes an opening down before it tells where the bytes are.

set role bailee_context;

-- How far a firm may read: null, REGISTERED or DEPOSITED. While the sale runs whoever gave the promise; afterwards the buyer alone.
create function gate.data_room_scope(auction uuid) returns text language sql stable security definer set search_path = '' as $$
  select case when exists (select from house.deposit_move d where d.auction_id = r.auction_id and d.registration_id = r.registration_id and d.side = 'IN'
                and not exists (select from house.deposit_move o where o.auction_id = d.auction_id and o.registration_id = d.registration_id and o.attempt = d.attempt and o.side = 'OUT' and o.outcome <> 'APPLIED'))
              then 'DEPOSITED' else 'REGISTERED' end
    from house.data_room_pass p join house.registration r on r.auction_id = p.auction_id and r.tenant_id = p.tenant_id
    join house.auction a on a.auction_id = p.auction_id
   where p.auction_id = auction and p.tenant_id = gate.tenant()
     and (a.status in ('ANNOUNCED', 'OPEN', 'PAUSED') or exists (select from house.paddle k where k.auction_id = a.auction_id and k.tenant_id = p.tenant_id and k.number = a.winning_paddle)) $$;

-- What the asking firm may read now. A copy with parts blacked out steps aside where the whole may be read.
create function gate.data_room_papers(auction uuid) returns setof house.sale_paper language sql stable security definer set search_path = '' as $$
  select s.* from house.sale_paper s, (select gate.data_room_scope(auction) as scope) me
   where s.auction_id = auction and s.superseded_at is null and me.scope is not null
     and (s.scope = 'REGISTERED' or me.scope = 'DEPOSITED')
     and not (me.scope = 'DEPOSITED' and s.whole_id is not null and exists (select from house.sale_paper w where w.auction_id = s.auction_id and w.paper_id = s.whole_id and w.superseded_at is null))
   order by s.added_at, s.paper_id $$;

-- Open one: noted first, then told.
create function gate.open_paper(auction uuid, paper uuid, reader text) returns setof house.sale_paper language plpgsql volatile security definer set search_path = '' as $$
declare wanted house.sale_paper; me uuid := gate.tenant();
begin
  select * into wanted from gate.data_room_papers(auction) p where p.paper_id = paper;
  if not found then return; end if;
  insert into house.paper_opening (auction_id, opening_id, tenant_id, paper_id, bidder_id, organisation, opened_by, sha256, opened_at)
  select auction, uuidv7(), wanted.tenant_id, paper, me, o.name, left(reader, 200), wanted.sha256, gate.now() from house.organisation o where o.id = me;
  return next wanted;
end $$;

-- A promise is given by a firm that registered for this sale, over the terms as they stand, while the sale runs.
create function gate.require_pass() returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (select from house.registration r join house.auction a on a.auction_id = r.auction_id join house.data_room d on d.auction_id = r.auction_id
                  where r.auction_id = new.auction_id and r.registration_id = new.registration_id and r.tenant_id = new.tenant_id and d.terms_sha256 = new.terms_sha256
                    and a.status in ('ANNOUNCED', 'OPEN', 'PAUSED')) then
    raise exception 'a promise is given for a sale that runs, by who registered for it' using errcode = '42501';
  end if;
  return new;
end $$;

revoke all on function gate.data_room_scope(uuid), gate.data_room_papers(uuid), gate.open_paper(uuid, uuid, text), gate.require_pass() from public;
grant execute on function gate.data_room_scope(uuid), gate.data_room_papers(uuid), gate.open_paper(uuid, uuid, text) to bailee_app, bailee_worker;
grant execute on function gate.require_pass() to bailee_owner;

set role bailee_owner;

create trigger require_pass before insert on house.data_room_pass for each row execute function gate.require_pass();

create function house.sale_paper_stays() returns trigger language plpgsql set search_path = '' as $$
begin
  if old.superseded_at is not null or to_jsonb(new) - 'superseded_at' is distinct from to_jsonb(old) - 'superseded_at' then
    raise exception 'a paper does not change' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger sale_paper_stays before update on house.sale_paper for each row execute function house.sale_paper_stays();

create function house.data_room_is_the_sellers() returns trigger language plpgsql set search_path = '' as $$
begin
  if not exists (select from house.auction a where a.auction_id = new.auction_id and a.tenant_id = new.tenant_id) then
    raise exception 'the seller keeps the data room' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger data_room_is_the_sellers before insert on house.data_room for each row execute function house.data_room_is_the_sellers();
create trigger sale_paper_is_the_sellers before insert on house.sale_paper for each row execute function house.data_room_is_the_sellers();

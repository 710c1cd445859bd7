-- Visits: who may offer a time, who may come, and how many, decided under the slot's lock.

set role bailee_context;

create function gate.offer_slot() returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if new.starts_at <= gate.now() then raise exception 'in the past' using errcode = '23514', constraint = 'slot_past'; end if;
  if new.kind = 'INSPECTION' then
    if not exists (select from house.auction a where a.auction_id = new.auction_id and a.tenant_id = new.tenant_id and a.status in ('ANNOUNCED', 'OPEN') and new.ends_at <= a.closes_at) then
      raise exception 'the seller offers looks before the close' using errcode = '23514', constraint = 'slot_inspection';
    end if;
  elsif not exists (select from house.handover h join house.disposal d on d.auction_id = h.auction_id
                     where h.auction_id = new.auction_id and h.status = 'ORDERED' and new.tenant_id in (d.tenant_id, d.warehouse_id)) then
    raise exception 'who hands over offers times to collect' using errcode = '23514', constraint = 'slot_collection';
  end if;
  return new;
end $$;

create function gate.book_visit() returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare slot house.visit_slot; about uuid;
begin
  if new.tenant_id is distinct from gate.tenant() then raise exception 'a firm books for itself' using errcode = '42501'; end if;
  select * into slot from house.visit_slot s where s.auction_id = new.auction_id and s.slot_id = new.slot_id for no key update;
  if not found then raise exception 'no such time' using errcode = '23514', constraint = 'visit_slot_unknown'; end if;
  if slot.starts_at <= gate.now() then raise exception 'begun' using errcode = '23514', constraint = 'visit_begun'; end if;
  if slot.kind = 'INSPECTION' then
    select r.registration_id into about from house.registration r
     where r.auction_id = new.auction_id and r.tenant_id = new.tenant_id
       and exists (select from house.deposit_move d where d.auction_id = r.auction_id and d.registration_id = r.registration_id and d.side = 'IN')
       and not exists (select from house.deposit_move d where d.auction_id = r.auction_id and d.registration_id = r.registration_id and d.side = 'OUT');
  else
    select h.lot_id into about from house.handover h where h.auction_id = new.auction_id and h.buyer_id = new.tenant_id and h.status = 'ORDERED';
  end if;
  if about is null then raise exception 'not qualified' using errcode = '23514', constraint = 'visit_qualified'; end if;
  if (select count(*) from house.visit v where v.auction_id = new.auction_id and v.slot_id = new.slot_id and v.cancelled_at is null) >= slot.places then
    raise exception 'full' using errcode = '23514', constraint = 'visit_full';
  end if;
  new.object_id := about; new.cancelled_at := null; new.attended := null; new.noted_at := null;
  return new;
end $$;

-- How many places of each time are taken: the number is public, the names are not.
create function gate.taken_places(auction uuid) returns table (slot_id uuid, taken bigint) language plpgsql stable security definer set search_path = '' as $$
begin
  perform gate.tenant();
  return query select v.slot_id, count(*) from house.visit v where v.auction_id = auction and v.cancelled_at is null group by v.slot_id;
end $$;

revoke all on function gate.offer_slot(), gate.book_visit(), gate.taken_places(uuid) from public;
grant execute on function gate.taken_places(uuid) to bailee_app, bailee_worker;
grant execute on function gate.offer_slot(), gate.book_visit() to bailee_owner;

set role bailee_owner;

create trigger offer_slot before insert on house.visit_slot for each row execute function gate.offer_slot();
create trigger book_visit before insert on house.visit for each row execute function gate.book_visit();

create function house.visit_stands() returns trigger language plpgsql set search_path = '' as $$
begin
  if (new.auction_id, new.visit_id, new.tenant_id, new.slot_id, new.object_id, new.organisation, new.visitor, new.booked_at) is distinct from
     (old.auction_id, old.visit_id, old.tenant_id, old.slot_id, old.object_id, old.organisation, old.visitor, old.booked_at) then
    raise exception 'a booking does not change' using errcode = '23514';
  end if;
  if new.cancelled_at is distinct from old.cancelled_at and (gate.tenant() <> old.tenant_id or old.cancelled_at is not null) then
    raise exception 'who booked cancels, once' using errcode = '42501';
  end if;
  if new.attended is distinct from old.attended and (gate.tenant() = old.tenant_id or old.attended is not null) then
    raise exception 'who receives notes who came, once' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger visit_stands before update on house.visit for each row execute function house.visit_stands();

-- Charges are a sale's own seller's to publish, and only while nobody can have bid yet.

set role bailee_context;

create function gate.charges_in_time() returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (select from house.auction a where a.auction_id = new.auction_id and a.tenant_id = new.tenant_id and a.status = 'ANNOUNCED' and gate.now() < a.opens_at) then
    raise exception 'charges are published before the opening' using errcode = '23514';
  end if;
  return new;
end $$;

revoke all on function gate.charges_in_time() from public;
grant execute on function gate.charges_in_time() to bailee_owner;

set role bailee_owner;

create trigger charges_in_time before insert on house.sale_charges for each row execute function gate.charges_in_time();

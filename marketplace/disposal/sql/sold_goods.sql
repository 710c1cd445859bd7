-- Sold goods in a shortage (pledges/shortages): whose they are, and how much of them their buyer may still have.

set role bailee_context;

-- What of these lots was sold and paid for: by lot and deal how much, how much of that waits for its buyer, and how much the buyer has had since. For the gate alone.
create function gate.sold_of(lots uuid[], since timestamptz) returns table (sale_id uuid, buyer_id uuid, deal_id uuid, lot_id uuid, sold bigint, waits bigint, had bigint)
language sql stable security definer set search_path = '' as $$
  select o.auction_id, o.buyer_id, o.deal_id, o.lot_id, (o.quantity * 1000)::bigint, case when o.status in ('ORDERED', 'HELD') then (o.quantity * 1000)::bigint else 0 end,
         case when o.done_at > since and o.status in ('DONE', 'RETURNING') then (coalesce(o.handed_qty, o.quantity) * 1000)::bigint else 0 end
    from house.handover o where o.lot_id = any(lots) and o.status in ('ORDERED', 'HELD', 'DONE', 'RETURNING') $$;
-- What the table of a shortage leaves a buyer of goods that it bought, for its seller and the warehouse; nothing is said where they were never short.
create function gate.sale_left(sale uuid) returns bigint language sql stable security definer set search_path = '' as $$
  select min(c.left_units) from house.shortage_line c join house.handover o on o.auction_id = c.sale_id and o.status in ('ORDERED', 'HELD') join house.lot l on l.id = o.lot_id
   where c.sale_id = sale and gate.tenant() in (o.tenant_id, l.warehouse_id) $$;
-- The buyer has what there was for it, or the sale is undone: nothing is kept for it any more. What turns up later it has not paid for.
create function gate.end_sale_share() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  update house.shortage_line c set left_units = null where c.sale_id = new.auction_id and c.kind = 'SALE' and c.left_units is not null;
  return null;
end $$;
revoke all on function gate.sold_of(uuid[], timestamptz), gate.sale_left(uuid), gate.end_sale_share() from public;
grant execute on function gate.sale_left(uuid) to bailee_app, bailee_worker;
grant execute on function gate.end_sale_share() to bailee_app, bailee_worker, bailee_owner;

set role bailee_owner;
create trigger end_sale_share after update on house.handover for each row
 when (new.status <> old.status and new.status in ('DONE', 'CANCELLED')) execute function gate.end_sale_share();

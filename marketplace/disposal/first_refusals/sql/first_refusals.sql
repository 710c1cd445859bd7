-- Rights of first refusal: published with the terms and never afterwards; whose paddle is whose is told when bidding has ended. Run as the gate's owner.

set role bailee_context;

-- The order of a paddle's right of first refusal: 1 comes first. No right comes behind them all.
create function gate.no_right() returns int language sql immutable set search_path = '' as $$ select 2147483647 $$;
create function gate.order_of_right(auction uuid, paddle_number bigint) returns int language sql stable set search_path = '' as $$
  select coalesce((select r.rank from house.paddle p join house.priority_purchaser r on r.auction_id = p.auction_id and r.holder_id = p.tenant_id
                    where p.auction_id = auction and p.number = paddle_number), gate.no_right()) $$;

-- Named by the seller alone and as many as the terms tell, so that none can follow later; none for a party to the sale.
create function gate.right_is_published() returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (select from house.auction a where a.auction_id = new.auction_id and a.tenant_id = new.tenant_id
                    and a.first_refusals > (select count(*) from house.priority_purchaser r where r.auction_id = new.auction_id)) then
    raise exception 'rights are published with the terms' using errcode = '23514';
  end if;
  if exists (select from house.disposal d where d.auction_id = new.auction_id and new.holder_id in (d.tenant_id, d.borrower_id, d.warehouse_id, d.supervisor_id)) then
    raise exception 'a party to this sale' using errcode = '23514', constraint = 'bar_parties';
  end if;
  return new;
end $$;

-- Once bidding has ended everybody may know which paddles bid by right: the public record is replayed with them.
create function gate.paddles_by_right(auction uuid) returns table (holder_id uuid, paddle bigint) language sql stable security definer set search_path = '' as $$
  select r.holder_id, p.number from house.auction a join house.priority_purchaser r on r.auction_id = a.auction_id
    join house.paddle p on p.auction_id = r.auction_id and p.tenant_id = r.holder_id
   where a.auction_id = auction and a.closed_at is not null and gate.tenant() is not null $$;

-- Whether the one who asks may buy at the price that stands: its right comes before the leader's, if the leader has any.
create function gate.may_match(auction uuid) returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select from house.auction a join house.paddle p on p.auction_id = a.auction_id and p.tenant_id = gate.tenant()
    where a.auction_id = auction and a.first_refusals > 0 and a.standing_paddle is not null
      and gate.order_of_right(auction, p.number) < gate.order_of_right(auction, a.standing_paddle)) $$;

revoke all on function gate.no_right(), gate.order_of_right(uuid, bigint), gate.right_is_published(), gate.paddles_by_right(uuid), gate.may_match(uuid) from public;
grant execute on function gate.paddles_by_right(uuid), gate.may_match(uuid) to bailee_app, bailee_worker;
grant execute on function gate.right_is_published() to bailee_owner;

set role bailee_owner;

create trigger right_is_published before insert on house.priority_purchaser for each row execute function gate.right_is_published();

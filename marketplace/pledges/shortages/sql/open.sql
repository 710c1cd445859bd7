-- Claims are what the record says at this instant: goods that were sold and paid for are their buyer's; an owner's goods as verified, less those and those under
-- a receipt in another's hands; such receipts; pledges in force but for what was sold, at most what is left to their pledgor. What left in the look-back is its owner's, its buyer's, its receipt holder's, and among an owner's banks that of the bank that ordered it.
create function gate.open_shortage(wanted uuid, called text, sample uuid, said_found bigint, said_because text, said_evidence jsonb, since timestamptz, until timestamptz, said_reason jsonb)
returns void language plpgsql volatile security definer set search_path = '' as $$
declare me uuid := gate.tenant(); instant timestamptz := gate.now(); like_this house.lot; lead uuid; present uuid[]; lots uuid[]; total bigint;
begin
  select * into like_this from house.lot l where l.id = sample and me in (l.warehouse_id, l.supervisor_id);
  if not found then raise exception 'these goods are not yours to watch' using errcode = '42501'; end if;
  perform pg_advisory_xact_lock(hashtextextended(like_this.site_id::text, 7));
  perform from house.lot l where l.id in (select a.id from gate.goods_alike(sample) a) order by l.id for no key update;
  select array_agg(a.id) filter (where a.status in ('RECEIVED', 'VERIFIED', 'RESERVED', 'PLEDGED', 'FROZEN', 'IN_DISPOSAL', 'SOLD')), array_agg(a.id)
    into present, lots from gate.goods_alike(sample) a where a.status <> 'DECLARED' and (a.departed_at is null or a.departed_at > since);
  if present is null then raise exception 'no such goods lie here' using errcode = '55000'; end if;
  if exists (select from house.lot l where l.id = any(present) and l.shortage_id is not null) then
    raise exception 'a shortage of these goods is open already' using errcode = '55006';
  end if;
  select l.supervisor_id into lead from house.lot l where l.id = any(present) group by l.supervisor_id
   order by exists (select from (select o.tenant_id from house.lot o where o.id = any(lots) union select like_this.warehouse_id) party(id)
                     where gate.related_rule(l.supervisor_id, party.id) is not null),
            l.supervisor_id <> me, sum(coalesce(l.verified_qty, 0)) desc, l.supervisor_id limit 1;
  insert into house.shortage (tenant_id, id, number, site_id, site_name, warehouse_id, product_name, grade, unit, bulk_id, status, found_units, claimed_units, claimants,
                              reported_by_id, because, evidence, since, opened_at, objections_until)
  values (lead, wanted, called, like_this.site_id, like_this.site_name, like_this.warehouse_id, like_this.product_name, like_this.grade, like_this.unit, like_this.bulk_id,
          'OPEN', said_found, 0, 0, me, said_because, said_evidence, since, instant, until);
  insert into house.shortage_lot (tenant_id, shortage_id, lot_id, lot_number, supervisor_id, froze)
  select l.tenant_id, wanted, l.id, l.number, l.supervisor_id, l.status not in ('FROZEN', 'SOLD') from house.lot l where l.id = any(present);
  perform gate.take_claims(wanted, lots, present, since);
  update house.shortage s set (claimed_units, claimants) =
     (select coalesce(sum(c.claimed_units) filter (where c.kind <> 'PLEDGE'), 0), count(distinct c.tenant_id) from house.shortage_line c where c.shortage_id = wanted)
   where s.id = wanted returning s.claimed_units into total;
  if said_found >= total then raise exception 'all that is claimed was found' using errcode = '23514'; end if;
  insert into gate.access_grant (tenant_id, object_id, role, kind, may_share, granted_by, created_at)
  select lead, wanted, 'supervisor', 'shortage', true, me, instant union select like_this.warehouse_id, wanted, 'warehouse', 'shortage', false, me, instant
  union select l.supervisor_id, wanted, 'keeper', 'shortage', false, me, instant from house.lot l where l.id = any(present) and l.supervisor_id <> lead
  union select c.tenant_id, wanted, 'claimant', 'shortage', false, me, instant from house.shortage_line c where c.shortage_id = wanted;
  perform gate.watch_lots(wanted);
  update house.lot l set kept_status = l.status, status = 'FROZEN', frozen_reason = said_reason, frozen_by = lead
   where l.id = any(present) and l.status not in ('FROZEN', 'SOLD');
  update house.lot l set shortage_id = wanted, share_left = 0 where l.id = any(present);
end $$;

create function gate.take_claims(wanted uuid, lots uuid[], present uuid[], since timestamptz) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into house.shortage_line (tenant_id, id, shortage_id, kind, title_id, lot_id, lot_number, sale_id, rank, claimed_units, taken_units)
  select s.buyer_id, uuidv7(), wanted, 'SALE', s.buyer_id, l.id, l.number, s.sale_id, 1, case when l.id = any(present) then least(s.waits, (coalesce(l.verified_qty, 0) * 1000)::bigint) else 0 end, s.had
    from gate.sold_of(lots, since) s join house.lot l on l.id = s.lot_id where s.waits + s.had > 0;
  insert into house.shortage_line (tenant_id, id, shortage_id, kind, title_id, lot_id, lot_number, receipt_id, rank, claimed_units, taken_units)
  select r.holder_id, uuidv7(), wanted, 'RECEIPT', r.holder_id, r.lot_id, r.lot_number, r.id, 1, case when r.live_units is null then 0 else upper(r.units) - lower(r.units) end,
         case when r.live_units is null then upper(r.units) - lower(r.units) else 0 end
    from house.warehouse_receipt r where r.lot_id = any(lots) and r.holder_id <> r.owner_id and (r.live_units is not null and r.lot_id = any(present) or exists (
      select from house.event e where e.stream_id = r.id and e.kind = 'ReceiptSurrendered' and e.at > since and (e.facts::jsonb->>'delivered')::boolean))
     and not exists (select from gate.sold_of(lots, since) s join house.pledge p on p.deal_id = s.deal_id and p.lot_id = s.lot_id and p.status in ('ENFORCING', 'REALISED')
                      where s.lot_id = r.lot_id and p.units && r.units);
  insert into house.shortage_line (tenant_id, id, shortage_id, kind, title_id, lot_id, lot_number, rank, claimed_units, taken_units)
  select t.tenant_id, uuidv7(), wanted, 'TITLE', t.tenant_id, t.id, t.number, 1, t.claimed, t.taken from (
    select l.tenant_id, l.id, l.number,
           case when l.id = any(present) then greatest(0, (coalesce(l.verified_qty, 0) * 1000)::bigint - coalesce(p.claimed, 0)) else 0 end as claimed,
           greatest(0, gate.left_since(l.id, since) - coalesce(p.taken, 0)) as taken
      from house.lot l left join (select c.lot_id, sum(c.claimed_units)::bigint as claimed, sum(c.taken_units)::bigint as taken from house.shortage_line c where c.shortage_id = wanted group by c.lot_id) p on p.lot_id = l.id
     where l.id = any(lots)) t where t.claimed + t.taken > 0;
  insert into house.shortage_line (tenant_id, id, shortage_id, kind, title_id, lot_id, lot_number, deal_id, rank, claimed_units, taken_units)
  select coalesce(h.bank_id, o.bank_id), uuidv7(), wanted, 'PLEDGE', l.tenant_id, l.id, l.number, coalesce(h.deal_id, o.deal_id), coalesce(h.rank, 1),
         coalesce(floor(h.units * least(1, coalesce(t.claimed_units, 0) / greatest(1, h.first))), 0)::bigint, coalesce(o.units, 0)
    from (select x.*, sum(x.units) filter (where x.rank = 1) over (partition by x.lot_id) as first from (
            select p.bank_id, p.deal_id, p.lot_id, p.rank, greatest(0, sum(upper(p.units) - lower(p.units))
                   - coalesce((select sum(s.sold) from gate.sold_of(present, since) s where p.rank = 1 and s.deal_id = p.deal_id and s.lot_id = p.lot_id), 0)) as units
              from house.pledge p where p.lot_id = any(present) and p.status in ('ACTIVE', 'IMPAIRED', 'ENFORCING') group by p.bank_id, p.deal_id, p.lot_id, p.rank) x where x.units > 0) h
    full join (select d.tenant_id as bank_id, x.deal_id, x.lot_id, (sum(x.weighed) * 1000)::bigint as units from house.release_execution x join house.release_order d on d.id = x.order_id
                where x.lot_id = any(lots) and x.executed_at > since group by d.tenant_id, x.deal_id, x.lot_id) o
      on (o.bank_id, o.deal_id, o.lot_id) = (h.bank_id, h.deal_id, h.lot_id) and h.rank = 1
    join house.lot l on l.id = coalesce(h.lot_id, o.lot_id)
    left join house.shortage_line t on t.shortage_id = wanted and t.kind = 'TITLE' and t.lot_id = l.id;
end $$;

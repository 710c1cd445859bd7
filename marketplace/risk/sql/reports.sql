-- What reports need of other firms' rows. The gate counts or lists for the asking firm and lets nothing else out.

set role bailee_context;

-- Statistics of the whole market for the supervising authority: sums alone, and none that fewer than :firms_min firms on either side stand behind, or of which
-- one firm makes up more than :share_max. A hidden cell is told to be there, without its figures. A quarter is one of the calendar, so that no two sums overlap
-- and none can be taken from another. Amounts are minor units; of alarms `amount` is how many were judged and `against` how many of those false.
create function gate.market_statistics(quarter date) returns table (topic text, state text, unit text, is_shown boolean, cases bigint, amount numeric, against numeric)
language plpgsql stable security definer set search_path = '' as $$
declare
  begins timestamptz := date_trunc('quarter', quarter::timestamp) at time zone 'Asia/Shanghai';
  ends timestamptz := (date_trunc('quarter', quarter::timestamp) + interval '3 months') at time zone 'Asia/Shanghai';
begin
  if not exists (select from house.organisation o where o.id = gate.tenant() and o.kinds ? 'REGULATOR') then
    raise exception 'statistics are for the supervising authority' using errcode = '42501';
  end if;
  return query
  with part (t, s, u, one_side, other_side, n, a, b) as (
    select 'loans', c.stage, d.currency, d.bank_id, d.tenant_id, count(*), sum(coalesce(o.owed, 0)), null::numeric
      from house.deal d join house.deal_cover c on c.deal_id = d.deal_id
      left join (select x.deal_id, x.currency, sum(x.amount_minor) as owed from house.debt_balance x group by 1, 2) o
        on o.deal_id = d.deal_id and o.currency = d.currency
     group by 2, 3, 4, 5
    union all
    select 'calls', m.status, m.currency, d.bank_id, d.tenant_id, count(*), sum(m.cash_minor), null::numeric
      from house.margin_call m join house.deal d on d.deal_id = m.deal_id where m.opened_at >= begins and m.opened_at < ends group by 2, 3, 4, 5
    union all
    select 'alarms', m.severity, '', m.tenant_id, coalesce(l.tenant_id, m.tenant_id), count(*),
           count(*) filter (where m.disposition in ('TRUE', 'FALSE')), count(*) filter (where m.disposition = 'FALSE')
      from house.alarm m left join house.lot l on l.id = m.about_id where m.raised_at >= begins and m.raised_at < ends group by 2, 4, 5
    union all
    select 'sales', h.regime, p.currency, p.tenant_id, f.borrower_id, count(*), sum(p.price_minor - coalesce(k.reduction_minor, 0)), sum(f.valuation_minor)
      from house.settlement p join house.disposal f on f.auction_id = p.auction_id join house.auction h on h.auction_id = p.auction_id
      left join house.acceptance k on k.auction_id = p.auction_id and k.attempt = p.attempt
     where p.status = 'PAID' and p.paid_at >= begins and p.paid_at < ends group by 2, 3, 4, 5),
  by_firm as (
    select x.t, x.s, x.u, 1 as side, x.one_side as firm, sum(x.n) as n, sum(abs(x.a)) as a, sum(abs(x.b)) as b from part x group by 1, 2, 3, 5
    union all
    select x.t, x.s, x.u, 2, x.other_side, sum(x.n), sum(abs(x.a)), sum(abs(x.b)) from part x group by 1, 2, 3, 5),
  behind as (
    select x.t, x.s, x.u, count(*) as firms,
           greatest(max(x.n) / sum(x.n), max(x.a) / nullif(sum(x.a), 0), max(x.b) / nullif(sum(x.b), 0)) as largest
      from by_firm x group by x.t, x.s, x.u, x.side),
  safe as (select x.t, x.s, x.u, min(x.firms) >= :firms_min and max(x.largest) <= :share_max as yes from behind x group by 1, 2, 3),
  cell as (select x.t, x.s, x.u, sum(x.n)::bigint as n, sum(x.a) as a, sum(x.b) as b from part x group by 1, 2, 3)
  select c.t, c.s, c.u, k.yes, case when k.yes then c.n end, case when k.yes then c.a end, case when k.yes then c.b end
    from cell c join safe k on k.t = c.t and k.s = c.s and k.u = c.u order by 1, 2, 3;
end $$;

-- Shortages that stood open at any time in a quarter, for the supervising authority: by site, kind of goods and state. That goods are missing, where and for how long is
-- the authority's matter. How much is its owners': told where at least :firms_min of them claim and none more than :share_max of it, in each of the row's shortages
-- together. A bank's pledge is part of its pledgor's claim and not counted again.
create function gate.shortage_statistics(quarter date)
returns table (site text, warehouse text, hs_code text, grade text, unit text, state text, cases bigint, days int, is_shown boolean, claimed numeric, found numeric, found_later numeric)
language plpgsql stable security definer set search_path = '' as $$
declare
  begins timestamptz := date_trunc('quarter', quarter::timestamp) at time zone 'Asia/Shanghai';
  ends timestamptz := (date_trunc('quarter', quarter::timestamp) + interval '3 months') at time zone 'Asia/Shanghai';
begin
  if not exists (select from house.organisation o where o.id = gate.tenant() and o.kinds ? 'REGULATOR') then
    raise exception 'statistics are for the supervising authority' using errcode = '42501';
  end if;
  return query
  with one as (
    select s.*, (select min(l.hs_code) from house.shortage_lot t join house.lot l on l.id = t.lot_id where t.shortage_id = s.id) as code from house.shortage s
     where s.opened_at < ends and coalesce(s.decided_at, 'infinity') >= begins),
  of_owner as (
    select o.site_id, o.code, o.grade, o.unit, o.status, c.title_id, sum(c.claimed_units) as units from one o
      join house.shortage_line c on c.shortage_id = o.id and c.kind <> 'PLEDGE' and c.claimed_units > 0 group by 1, 2, 3, 4, 5, 6),
  safe as (
    select x.site_id, x.code, x.grade, x.unit, x.status, count(*) >= :firms_min and max(x.units) <= :share_max * sum(x.units) as yes from of_owner x group by 1, 2, 3, 4, 5)
  select min(o.site_name), min(w.name), o.code, o.grade, o.unit, o.status, count(*), max(extract(day from coalesce(o.decided_at, gate.now()) - o.opened_at))::int, bool_and(k.yes),
         case when bool_and(k.yes) then sum(o.claimed_units) end, case when bool_and(k.yes) then sum(o.found_units) end, case when bool_and(k.yes) then sum(o.found_later_units) end
    from one o join house.organisation w on w.id = o.warehouse_id
    join safe k on (k.site_id, k.code, k.grade, k.unit, k.status) = (o.site_id, o.code, o.grade, o.unit, o.status)
   group by o.site_id, o.code, o.grade, o.unit, o.status order by o.status <> 'OPEN', 1, 3, 4, 6;
end $$;

-- Who else may see what the asking firm founded, or could once: each grant, by whom it was given, from when, and until when if it ended.
create function gate.sight_of_mine(since timestamptz, until timestamptz)
returns table (object_id uuid, kind text, firm_id uuid, firm text, role text, let_in_by text, begins timestamptz, ended timestamptz)
language sql stable security definer set search_path = '' as $$
  select g.object_id, g.kind, g.tenant_id, o.name, g.role, h.name, g.created_at, g.ended_at
    from gate.access_grant mine
    join gate.access_grant g on g.object_id = mine.object_id and g.tenant_id <> mine.tenant_id
    join house.organisation o on o.id = g.tenant_id
    join house.organisation h on h.id = g.granted_by
   where mine.tenant_id = gate.tenant() and mine.granted_by = mine.tenant_id and mine.may_share
     and g.created_at < until and (g.ended_at is null or g.ended_at >= since)
   order by g.created_at desc, g.object_id, o.name, g.role $$;

revoke all on function gate.market_statistics(date), gate.shortage_statistics(date), gate.sight_of_mine(timestamptz, timestamptz) from public;
grant execute on function gate.market_statistics(date), gate.shortage_statistics(date), gate.sight_of_mine(timestamptz, timestamptz) to bailee_app;

set role bailee_owner;

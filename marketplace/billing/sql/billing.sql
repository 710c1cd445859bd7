-- What the operator needs of other firms' rows to bill them, and what keeps an invoice as it was issued.

set role bailee_context;

-- What was used in one calendar month and is charged for: by one firm, which may ask about itself, or (null) by all, which only the operator may ask. No more is
-- let out than which lot, deal or sale counts for whom, and the price of a sale, which is public. A lot counts for its owner, a deal for its bank when it is
-- first paid out, a sale for its seller when it is paid. What an earlier month charged once for ever is not told again.
create function gate.fee_usage(of_month date, of_firm uuid)
returns table (firm_id uuid, kind text, subject_id uuid, label text, at timestamptz, currency text, price_minor bigint)
language plpgsql stable security definer set search_path = '' as $$
declare
  begins timestamptz := date_trunc('month', of_month::timestamp) at time zone 'Asia/Shanghai';
  ends timestamptz := (date_trunc('month', of_month::timestamp) + interval '1 month') at time zone 'Asia/Shanghai';
begin
  if of_firm is distinct from gate.tenant() and not exists (select from house.organisation o where o.id = gate.tenant() and o.kinds ? 'PLATFORM') then
    raise exception 'what others used is for the operator' using errcode = '42501';
  end if;
  return query
  with used (f, k, s, n, t, c, p) as (
    select l.tenant_id, 'LOT_MONTH', l.id, l.number, min(greatest(lower(a.during), begins)), null::text, null::bigint
      from house.attachment a join house.lot l on l.id = a.lot_id
     where a.during && tstzrange(begins, ends) and (of_firm is null or l.tenant_id = of_firm)
     group by l.tenant_id, l.id, l.number
    union all
    select d.bank_id, 'DEAL', d.deal_id, d.number, min(w.confirmed_at), null, null
      from house.drawdown w join house.deal d on d.deal_id = w.deal_id
     where w.status = 'CONFIRMED' and (of_firm is null or d.bank_id = of_firm)
     group by d.bank_id, d.deal_id, d.number
    having min(w.confirmed_at) >= begins and min(w.confirmed_at) < ends
    union all
    select p.tenant_id, 'SALE', p.auction_id, a.number, p.paid_at, p.currency, p.price_minor
      from house.settlement p join house.auction a on a.auction_id = p.auction_id
     where p.status = 'PAID' and p.paid_at >= begins and p.paid_at < ends and (of_firm is null or p.tenant_id = of_firm))
  select u.f, u.k, u.s, u.n, u.t, u.c, u.p from used u
   where u.k = 'LOT_MONTH' or not exists (select from house.fee_usage x where x.kind = u.k and x.subject_id = u.s and x.month < of_month)
   order by u.f, u.k, u.t, u.s;
end $$;

revoke all on function gate.fee_usage(date, uuid) from public;
grant execute on function gate.fee_usage(date, uuid) to bailee_app, bailee_worker;

set role bailee_owner;

-- Once issued, an invoice's state moves on and nothing else.
create function house.fee_invoice_stands() returns trigger language plpgsql set search_path = '' as $$
begin
  if (to_jsonb(new) - array['status', 'moved_at']) is distinct from (to_jsonb(old) - array['status', 'moved_at']) then
    raise exception 'an issued invoice does not change' using errcode = '42501';
  end if;
  if (old.status, new.status) not in (('ISSUED', 'OVERDUE'), ('ISSUED', 'PAID'), ('OVERDUE', 'PAID'), ('ISSUED', 'CREDITED'), ('OVERDUE', 'CREDITED'), ('PAID', 'CREDITED')) then
    raise exception 'an invoice does not go from % to %', old.status, new.status using errcode = '42501';
  end if;
  return new;
end $$;
create trigger fee_invoice_stands before update on house.fee_invoice for each row execute function house.fee_invoice_stands();

-- An invoice is the sum of its lines.
create function house.fee_invoice_adds_up() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.net_minor is distinct from (select sum(l.amount_minor) from house.fee_line l where l.tenant_id = new.tenant_id and l.invoice_id = new.id) then
    raise exception 'invoice % is not the sum of its lines', new.number using errcode = '23514';
  end if;
  return null;
end $$;
create constraint trigger fee_invoice_adds_up after insert on house.fee_invoice deferrable initially deferred for each row execute function house.fee_invoice_adds_up();

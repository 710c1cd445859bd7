-- What the operator needs of other firms' rows to bill them, and what keeps an invoice as it was issued.

set role bailee_context;

-- What was used in one calendar month and is charged for: by one firm, which may ask about itself, or (null) by all, which only the operator may ask. No more is
-- let out than which lot, deal or sale counts for whom, and the price of a sale, which is public. A lot counts for its owner, a deal for its bank when it is
-- first paid out, a sale for its seller when its price is final: the buyer took the goods, or a dispute was decided, so that no commission has to go back. What an earlier month charged once for ever is not told again.
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
    select p.tenant_id, 'SALE', p.auction_id, a.number, k.ended_at, p.currency, p.price_minor - k.reduction_minor
      from house.settlement p join house.auction a on a.auction_id = p.auction_id join house.acceptance k on k.auction_id = p.auction_id and k.attempt = p.attempt
     where p.status = 'PAID' and k.ended_at >= begins and k.ended_at < ends and (of_firm is null or p.tenant_id = of_firm))
  select u.f, u.k, u.s, u.n, u.t, u.c, u.p from used u
   where u.k = 'LOT_MONTH' or not exists (select from house.fee_usage x where x.kind = u.k and x.subject_id = u.s and x.month < of_month)
   order by u.f, u.k, u.t, u.s;
end $$;

revoke all on function gate.fee_usage(date, uuid) from public;
grant execute on function gate.fee_usage(date, uuid) to bailee_app, bailee_worker;

set role bailee_owner;

-- Once issued, an invoice's state moves on and nothing else, but for the day from which new requests wait, which may move away.
create function house.fee_invoice_stands() returns trigger language plpgsql set search_path = '' as $$
begin
  if (to_jsonb(new) - array['status', 'moved_at', 'refuses_from']) is distinct from (to_jsonb(old) - array['status', 'moved_at', 'refuses_from'])
     or new.refuses_from < old.refuses_from then
    raise exception 'an issued invoice does not change' using errcode = '42501';
  end if;
  if (old.status, new.status) not in (('ISSUED', 'OVERDUE'), ('ISSUED', 'PAID'), ('OVERDUE', 'PAID'), ('ISSUED', 'CREDITED'), ('OVERDUE', 'CREDITED'), ('PAID', 'CREDITED'),
       ('PAID', 'OVERDUE'), ('ISSUED', 'WRITTEN_OFF'), ('OVERDUE', 'WRITTEN_OFF')) then
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

-- The operator's book balances, cause by cause.
create function house.fee_entry_balances() returns trigger language plpgsql set search_path = '' as $$
begin
  if exists (select from house.fee_entry e where (e.tenant_id, e.cause) in (select n.tenant_id, n.cause from entered n) group by e.tenant_id, e.cause, e.currency having sum(e.amount_minor) <> 0) then
    raise exception 'a posting of fees does not balance' using errcode = '23514';
  end if;
  return null;
end $$;
create trigger fee_entry_balances after insert on house.fee_entry referencing new table as entered for each statement execute function house.fee_entry_balances();

-- A try to pay by card begins with nothing: what it brings is said by the card service, and put on record by the operator.
create function house.fee_card_begins() returns trigger language plpgsql set search_path = '' as $$
begin
  if (new.status, new.taken_minor, new.refunded_minor, new.disputed_minor, new.lost_minor, new.costs_minor, new.moves) is distinct from ('OPENED', 0, 0, 0, 0, 0, 0) then
    raise exception 'a card payment begins with nothing' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger fee_card_begins before insert on house.fee_card_payment for each row execute function house.fee_card_begins();

-- Notices of the card service about fees, as `disposal/sql/cards.sql` has them about deposits: all that one may do is to have the operator's side look again.
set role bailee_context;

create table gate.fee_notice (event_id text primary key, kind text not null, account_id uuid not null, received_at timestamptz not null);

-- What became of it: taken, seen (it came before), or unknown (of nothing of ours). A dispute names its payment alone.
create function gate.notice_fee(event text, kind text, invoice uuid, mandate uuid, payment text) returns text language plpgsql volatile security definer set search_path = '' as $$
declare
  operator uuid; account uuid; about jsonb;
begin
  if mandate is not null then
    select g.tenant_id, m.account_id, jsonb_build_object('mandate_id', m.id) into operator, account, about
      from house.fee_mandate m join gate.access_grant g on g.object_id = m.account_id and g.role = 'operator' and g.ended_at is null where m.id = mandate;
  else
    select c.tenant_id, c.account_id, jsonb_build_object('invoice_id', c.invoice_id) into operator, account, about
      from house.fee_card_payment c where c.invoice_id = invoice or c.payment_id = payment limit 1;
  end if;
  if operator is null then return 'unknown'; end if;
  insert into gate.fee_notice values (event, kind, account, clock_timestamp()) on conflict (event_id) do nothing;
  if not found then return 'seen'; end if;
  insert into house.delivery (tenant_id, id, subscriber, stream_id, sequence, facts, due_at, created_at)
  values (operator, uuidv7(), 'collecting.follow_fee', account, 0, about, gate.now(), clock_timestamp());
  perform pg_catalog.pg_notify('deliveries', '');
  return 'taken';
end $$;

revoke all on function gate.notice_fee(text, text, uuid, uuid, text) from public;
grant execute on function gate.notice_fee(text, text, uuid, uuid, text) to bailee_app;

set role bailee_owner;

-- Quiet nights: most loans in most nights only earn the interest that they earned the night before. Run as the gate's owner.
--
-- The gate books them itself, by the rows of the night before and past row security, which would ask for each row what is asked here of the loan: that it is
-- the acting bank's. The triggers that balance the book and keep the debts see these rows like any others. The caller holds the loans.
set role bailee_context;

-- The acting bank's next loans in these states, by its live grants, in the order of their ids, held until the transaction ends.
create function gate.hold_loans(states text[], after uuid, most int) returns uuid[] language plpgsql volatile security definer set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_memoize = off as $$
declare me uuid := gate.tenant();
begin
  return array(select loan.deal_id from gate.access_grant g
    cross join lateral (select d.deal_id from house.deal d where d.deal_id = g.object_id and d.bank_id = me and d.status = any(states) for no key update) loan
    where g.tenant_id = me and g.role = 'bank' and g.kind = 'deal' and g.ended_at is null and g.object_id > after order by g.object_id limit most);
end $$;

-- Book the night for those of these loans that are quiet; the others are given back, for the rule. All postings of a call bear one id: a batch's, and one
-- of each deal. What a running total rounds to is (2 · total + year) div (2 · year), half up; a day posts what that grew by.
create function gate.pass_quiet_night(deals uuid[], night date, moment timestamptz) returns uuid[] language plpgsql volatile security definer set search_path = ''
-- Loan by loan through the keys, however large the book has grown: a plan that is made for an empty book reads it whole.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_memoize = off as $$
declare me uuid := gate.tenant(); who uuid := gate.person(); batch uuid := uuidv7(); cause text := 'accrual:' || night; told json := json_build_object('day', night);
  known int; passed uuid[];
begin
  select count(*) into known from house.reference_rate r where r.tenant_id = me;
  with again as (
    select a.deal_id, night, me, a.principal_minor, 0, 0, a.annual_rate, a.penalty_rate, 1, a.year, now.running, a.running_penalty, a.running_compound,
           div(2 * now.running + a.year, 2 * a.year) - div(2 * a.running + a.year, 2 * a.year), 0, 0, a.currency, false
      from unnest(deals) w (deal_id)
      join house.quiet_loan q on q.deal_id = w.deal_id and q.tenant_id = me and q.until > night and q.rates_known = known
      join house.accrued_day a on a.deal_id = w.deal_id and a.day = night - 1 and a.tenant_id = me and not a.closes_period and a.overdue_minor = 0 and a.overdue_interest_minor = 0
     cross join lateral (select a.running + a.principal_minor * a.annual_rate as running) now
  ), <new days> select array_agg(t.deal_id) into passed from taken t;
  if cardinality(passed) = cardinality(deals) then return '{}'; end if;
  return array(select d from unnest(deals) d except select p from unnest(passed) p order by 1);
end $$;

create function gate.stir_loans() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  delete from house.quiet_loan q using fresh f where q.deal_id = f.deal_id;
  return null;
end $$;
create function gate.stir_lent() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  delete from house.quiet_loan q using fresh f where q.deal_id = f.deal_id and f.account = 'loan_principal';
  return null;
end $$;
create function gate.stir_deal() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  delete from house.quiet_loan q where q.deal_id = new.deal_id;
  return null;
end $$;
grant execute on function gate.hold_loans(text[], uuid, int), gate.pass_quiet_night(uuid[], date, timestamptz) to bailee_app, bailee_worker;
grant execute on function gate.stir_loans(), gate.stir_lent(), gate.stir_deal() to bailee_owner;
set role bailee_owner;

-- To hold a row takes the right to change one; nothing that the gate would change here passes the check.
grant update (closed_at) on house.deal to bailee_context;
create policy held on house.deal for update to bailee_context using (true) with check (false);
create trigger principal_stirs after insert on house.ledger_entry referencing new table as fresh for each statement execute function gate.stir_lent();
create trigger rate_stirs after insert on house.loan_rate referencing new table as fresh for each statement execute function gate.stir_loans();
create trigger plan_stirs after insert on house.loan_plan referencing new table as fresh for each statement execute function gate.stir_loans();
create trigger due_stirs after insert on house.fallen_due referencing new table as fresh for each statement execute function gate.stir_loans();
create trigger payment_stirs after update on house.fallen_due referencing new table as fresh for each statement execute function gate.stir_loans();
create trigger class_stirs after insert on house.loan_quality referencing new table as fresh for each statement execute function gate.stir_loans();
create trigger misuse_stirs after insert on house.loan_misuse referencing new table as fresh for each statement execute function gate.stir_loans();
create trigger state_stirs after update on house.deal for each row when (old.status is distinct from new.status) execute function gate.stir_deal();

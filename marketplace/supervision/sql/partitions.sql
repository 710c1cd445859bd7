-- Months of readings, made ahead by the scheduler's housekeeping: each a table under the row security of its neighbours. Owned by who owns the tables; what
-- comes for a month without a table of its own lies in the one for other times and would keep that month from being made, so they are made a year ahead.

create function house.make_reading_months(until date) returns int language plpgsql volatile security definer set search_path = '' as $$
declare parent text; month date; part text; made int := 0; p record;
begin
  foreach parent in array array['reading_batch', 'reading_series'] loop
    for month in select generate_series(date '2026-01-01', until, '1 month')::date loop
      part := parent || to_char(month, '_YYYY_MM');
      continue when to_regclass('house.' || part) is not null;
      execute format('create table house.%I partition of house.%I for values from (%L) to (%L)', part, parent, month || 'Z', (month + interval '1 month')::date || 'Z');
      execute format('alter table house.%I enable row level security', part);
      execute format('alter table house.%I force row level security', part);
      for p in select * from pg_catalog.pg_policies o where o.schemaname = 'house' and o.tablename = parent || '_other' loop
        execute format('create policy %I on house.%I for %s to %s', p.policyname, part, p.cmd, array_to_string(p.roles, ', '))
          || coalesce(' using (' || replace(p.qual, parent || '_other', part) || ')', '') || coalesce(' with check (' || replace(p.with_check, parent || '_other', part) || ')', '');
      end loop;
      made := made + 1;
    end loop;
  end loop;
  return made;
end $$;

revoke all on function house.make_reading_months(date) from public;
grant execute on function house.make_reading_months(date) to bailee_worker;

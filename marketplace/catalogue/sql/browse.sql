-- Looking along the shelf without a word or a range: by facets alone. How many offers have each combination of facets is kept in the transaction that changes an
-- offer, by kind and by who may read it, so that whoever opens the catalogue is not told its numbers by reading all of it.

set role bailee_context;

-- What counts is the sum over the parts, as for words: whoever publishes waits for nobody.
create table gate.shelf_count (
  kind text not null, open_to text not null, status text not null, category text not null, place text not null, grade text not null, evidence text not null,
  regime text not null, part int not null, offers bigint not null, primary key (kind, open_to, status, category, place, grade, evidence, regime, part)
);

create function gate.count_offers() returns trigger language plpgsql security definer set search_path = '' as $$
declare mine constant int := gate.free_part();
begin
  insert into gate.shelf_count as s (kind, open_to, status, category, place, grade, evidence, regime, part, offers)
  select t.kind, t.open_to, t.status, t.category, t.place, t.grade, t.evidence, t.regime, mine, sum(t.offers) from (
    values (new.kind, new.open_to, new.status, new.category, new.place, new.grade, new.evidence, new.regime, 1),
           (old.kind, old.open_to, old.status, old.category, old.place, old.grade, old.evidence, old.regime, -1)
  ) t (kind, open_to, status, category, place, grade, evidence, regime, offers)
   where t.kind is not null group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(t.offers) <> 0
  on conflict (kind, open_to, status, category, place, grade, evidence, regime, part) do update set offers = s.offers + excluded.offers;
  delete from gate.shelf_count s where s.offers = 0 and s.part = mine
     and (s.kind, s.open_to, s.status, s.category, s.place, s.grade, s.evidence, s.regime)
       = (old.kind, old.open_to, old.status, old.category, old.place, old.grade, old.evidence, old.regime);
  return null;
end $$;

create function gate.forget_offers() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  delete from gate.shelf_count;
  return null;
end $$;

-- All of them anew from the rows, where those were loaded past the triggers.
create function gate.recount_offers() returns void language sql volatile set search_path = '' as $$
  delete from gate.shelf_count;
  insert into gate.shelf_count (kind, open_to, status, category, place, grade, evidence, regime, part, offers)
  select kind, open_to, status, category, place, grade, evidence, regime, 0, count(*) from house.listing group by 1, 2, 3, 4, 5, 6, 7, 8 $$;

-- The first offers by what they are ordered by, as an expression: the first of each state, of which by closing, price and age stand in an index.
create function gate.first_listings(kind text, facets jsonb, ordered text[], past int, most int, answering text) returns text language sql stable set search_path = '' as $$
  select format($of$
    array(select l.id from unnest(%1$L::text[]) s(status) cross join lateral (
            select l.id, l.published_at, %2$s as by_this from house.listing l where %3$s and %4$s and %5$s
             order by by_this %6$s, l.published_at desc, l.id limit %7$s) l
           order by l.by_this %6$s, l.published_at desc, l.id limit %8$s offset %9$s)
    $of$,
    array(select distinct jsonb_array_elements_text(case when facets ? 'status' then facets -> 'status' else '[""]' end)), ordered[1], gate.shelf_of(first_listings.kind),
    (select string_agg(case when name = 'status' and facets ? name then 'l.status = s.status' else gate.listing_has(facets, name) end, ' and ') from unnest(gate.facet_names()) name),
    answering, ordered[2], past + most, most, past) $$;

-- What `gate.search_listings` gives, of all that has the chosen facets. Numbers are those that are kept, and one's own offers that are open to nobody of one's kind.
create function gate.browse_listings(kind text, facets jsonb, ranges jsonb, sort text, past int, most int)
returns table (hits uuid[], total bigint, counts json) language plpgsql stable set search_path = '' as $$
declare
  names text[] := gate.facet_names();
  kinds text[] := array['*'] || array(select jsonb_array_elements_text(o.kinds) from house.organisation o where o.id = gate.tenant());
begin
  return query execute format($of$
    with l as (
      select l.*, %1$s from (
        select %2$s, l.offers from gate.shelf_count l where l.kind = %3$L and l.open_to = any (%4$L)
        union all select %2$s, 1 from house.listing l where l.kind = %3$L and l.tenant_id = %5$L and l.open_to <> all (%4$L)) l
    ), %6$s
    select %7$s, %8$s
    $of$,
    concat_ws(', ', 'true', (select string_agg(format('%s as has_%s', gate.listing_has(facets, name), name), ', ') from unnest(names) name where facets ? name)),
    (select string_agg(format('l.%I', name), ', ') from unnest(names) name), browse_listings.kind, kinds, gate.tenant(), gate.counting(facets, 'sum(l.offers)'),
    gate.first_listings(browse_listings.kind, facets, gate.listings_by(null, ranges, sort), past, most, 'true'), gate.counted());
end $$;

revoke all on function gate.count_offers(), gate.forget_offers(), gate.recount_offers(), gate.first_listings(text, jsonb, text[], int, int, text), gate.browse_listings(text, jsonb, jsonb, text, int, int) from public;
grant execute on function gate.count_offers(), gate.forget_offers() to bailee_owner;
grant select on gate.shelf_count to bailee_backup;

set role bailee_owner;

create trigger count_offers after insert or delete or update of kind, open_to, status, category, place, grade, evidence, regime on house.listing
  for each row execute function gate.count_offers();
create trigger forget_offers after truncate on house.listing execute function gate.forget_offers();

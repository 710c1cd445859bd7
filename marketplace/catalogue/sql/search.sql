-- Searching what is published. Row security would keep the index of terms from being used (@@ is not leakproof, so it may not run before a policy's
-- condition); this function reads the published rows as the gate itself, after it has asked for the caller's context.

set role bailee_context;

-- Kilometres on the great circle, by the same radius as `marketplace.sphere`.
create function gate.km_between(north double precision, east double precision, other_north double precision, other_east double precision) returns double precision
language sql immutable set search_path = '' as $$
  select 2 * 6371.0087714 * asin(least(1, sqrt(power(sin(radians(other_north - north) / 2), 2)
    + cos(radians(north)) * cos(radians(other_north)) * power(sin(radians(other_east - east) / 2), 2)))) $$;

-- What of one kind of offers the caller may find at all: the condition of the rows' own policy, which this function stands in for.
create function gate.shelf_of(kind text) returns text language sql stable set search_path = '' as $$
  select format('l.kind = %L and (l.open_to = ''*'' or l.tenant_id = %L::uuid or l.open_to = any (%L::text[]))', shelf_of.kind, gate.tenant(),
    array(select jsonb_array_elements_text(o.kinds) from house.organisation o where o.id = gate.tenant())) $$;

-- How far an offer lies from there, as an expression over `l`; null where nobody knows.
create function gate.listing_away(near jsonb) returns text language sql immutable set search_path = '' as $$
  select format('gate.km_between(%L::double precision, %L::double precision, l.latitude::double precision, l.longitude::double precision)', near ->> 'latitude', near ->> 'longitude') $$;

-- `ranges`: price_min and price_max in minor units, closes_before, received_after, and near: {latitude, longitude, km}.
create function gate.listings_where(query text, ranges jsonb) returns text
language sql immutable set search_path = '' as $$
  select concat_ws(' and ', 'true',
    case when query is not null then format('l.terms @@ %L::tsquery', query) end,
    case when ranges ? 'price_min' then format('l.price_minor >= %L::bigint', ranges ->> 'price_min') end,
    case when ranges ? 'price_max' then format('l.price_minor <= %L::bigint', ranges ->> 'price_max') end,
    case when ranges ? 'closes_before' then format('l.closes_at <= %L::timestamptz', ranges ->> 'closes_before') end,
    case when ranges ? 'received_after' then format('l.received_at >= %L::timestamptz', ranges ->> 'received_after') end,
    case when ranges #> '{near,km}' <> 'null' then format('%s <= %L::double precision', gate.listing_away(ranges -> 'near'), ranges #>> '{near,km}') end) $$;

-- Whether an offer has one of the values that were chosen of a facet; what nothing was chosen of holds all.
create function gate.listing_has(facets jsonb, facet text) returns text language sql immutable set search_path = '' as $$
  select case when facets ? facet then format('l.%I = any (%L::text[])', facet, array(select jsonb_array_elements_text(facets -> facet))) else 'true' end $$;

create function gate.facet_names() returns text[] language sql immutable set search_path = '' as $$
  select array['category', 'grade', 'place', 'regime', 'evidence', 'status'] $$;

create function gate.search_listings(kind text, query text, facets jsonb, ranges jsonb, sort text, past int, most int)
returns table (id uuid, total bigint) language plpgsql stable security definer set search_path = '' as $$
begin
  perform gate.tenant();
  return query execute format(
    'select l.id, count(*) over () from house.listing l where %s and %s and %s order by %s, l.published_at desc, l.id limit %s offset %s',
    gate.shelf_of(search_listings.kind), gate.listings_where(query, ranges),
    (select string_agg(gate.listing_has(facets, name), ' and ') from unnest(gate.facet_names()) name),
    case when sort = 'closing' then 'l.closes_at' when sort = 'cheapest' then 'l.price_minor' when sort = 'dearest' then 'l.price_minor desc'
         when sort = 'newest' then 'l.published_at desc' when sort = 'nearest' and ranges ? 'near' then gate.listing_away(ranges -> 'near') || ' nulls last'
         when query is null then 'l.closes_at' else format('ts_rank_cd(l.terms, %L::tsquery, 1) desc', query) end, most, past);
end $$;

-- How many each value of each facet would find, with that facet's own choice left open: the offers are read once, and asked six times.
create function gate.count_listings(kind text, query text, facets jsonb, ranges jsonb)
returns table (facet text, value text, found bigint) language plpgsql stable security definer set search_path = '' as $$
begin
  perform gate.tenant();
  return query execute (
    select format('with l as materialized (select %s, %s from house.listing l where %s and %s) %s',
      string_agg(format('l.%I', name), ', '), string_agg(format('%s as %I', gate.listing_has(facets, name), 'has_' || name), ', '),
      gate.shelf_of(count_listings.kind), gate.listings_where(query, ranges),
      string_agg(format('(select %L, l.%I, count(*) from l where %s group by 2 order by 3 desc, 2 limit 40)', name, name,
        (select string_agg(format('l.%I', 'has_' || other), ' and ') from unnest(gate.facet_names()) other where other <> name)), ' union all '))
      from unnest(gate.facet_names()) name);
end $$;

revoke all on function gate.km_between(double precision, double precision, double precision, double precision), gate.listing_away(jsonb),
  gate.shelf_of(text), gate.listings_where(text, jsonb), gate.listing_has(jsonb, text), gate.facet_names(), gate.search_listings(text, text, jsonb, jsonb, text, int, int),
  gate.count_listings(text, text, jsonb, jsonb) from public;
grant execute on function gate.search_listings(text, text, jsonb, jsonb, text, int, int), gate.count_listings(text, text, jsonb, jsonb) to bailee_app, bailee_worker;

set role bailee_owner;

-- Searching what is published. Row security would keep the index of terms from being used (@@ is not leakproof, so it may not run before a policy's
-- condition); this function reads the published rows as the gate itself, after it has asked for the caller's context.

set role bailee_context;

create function gate.listings_where(query text, facets jsonb, price_min bigint, price_max bigint, closes_before timestamptz, except_facet text) returns text
language sql immutable set search_path = '' as $$
  select concat_ws(' and ', 'true',
    case when query is not null then format('l.terms @@ %L::tsquery', query) end,
    case when price_min is not null then format('l.price_minor >= %L::bigint', price_min) end,
    case when price_max is not null then format('l.price_minor <= %L::bigint', price_max) end,
    case when closes_before is not null then format('l.closes_at <= %L::timestamptz', closes_before) end,
    (select string_agg(format('l.%I = any (%L::text[])', f.key, array(select jsonb_array_elements_text(f.value))), ' and ')
       from jsonb_each(facets) f where f.key in ('category', 'grade', 'place', 'regime', 'evidence', 'status') and f.key is distinct from except_facet)) $$;

create function gate.search_listings(query text, facets jsonb, price_min bigint, price_max bigint, closes_before timestamptz, sort text, past int, most int)
returns table (id uuid, total bigint) language plpgsql stable security definer set search_path = '' as $$
begin
  perform gate.tenant();
  return query execute format(
    'select l.id, count(*) over () from house.listing l where %s order by %s, l.published_at desc, l.id limit %s offset %s',
    gate.listings_where(query, facets, price_min, price_max, closes_before, null),
    case sort when 'closing' then 'l.closes_at' when 'cheapest' then 'l.price_minor' when 'dearest' then 'l.price_minor desc' when 'newest' then 'l.published_at desc'
              else case when query is null then 'l.closes_at' else format('ts_rank_cd(l.terms, %L::tsquery, 1) desc', query) end end, most, past);
end $$;

create function gate.count_listings(query text, facets jsonb, price_min bigint, price_max bigint, closes_before timestamptz, facet text)
returns table (value text, found bigint) language plpgsql stable security definer set search_path = '' as $$
begin
  perform gate.tenant();
  if facet not in ('category', 'grade', 'place', 'regime', 'evidence', 'status') then raise exception 'no such facet' using errcode = '22023'; end if;
  return query execute format('select l.%I, count(*) from house.listing l where %s group by 1 order by 2 desc, 1 limit 40',
    facet, gate.listings_where(query, facets, price_min, price_max, closes_before, facet));
end $$;

revoke all on function gate.listings_where(text, jsonb, bigint, bigint, timestamptz, text), gate.search_listings(text, jsonb, bigint, bigint, timestamptz, text, int, int),
  gate.count_listings(text, jsonb, bigint, bigint, timestamptz, text) from public;
grant execute on function gate.search_listings(text, jsonb, bigint, bigint, timestamptz, text, int, int), gate.count_listings(text, jsonb, bigint, bigint, timestamptz, text)
  to bailee_app, bailee_worker;

set role bailee_owner;

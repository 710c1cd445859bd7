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

-- What is asked for in words: {match, floor, middle, words: [{query, weight, unfinished}]}: a tsquery that every answer meets, the weight of words that a text must
-- have (null: `match` says it all), and the mean length of a text. Weights are the house's (`rules.relevance`).
--
-- The weight of those words that an offer has, as an expression over `l`. All figures in it are double precision: numeric ones cost as much as reading the row.
create function gate.listing_weight(words jsonb) returns text language sql immutable set search_path = '' as $$
  select string_agg(format('case when l.terms @@ %L::tsquery then %L::double precision else 0 end', w ->> 'query', w ->> 'weight'), ' + ') from jsonb_array_elements(words -> 'words') w $$;

-- How often an offer says a word: ts_rank gives the sum of 1/n² for as many n, over its limit of pi²/6; what is missing to the limit is 1 / (n + 1/2), near enough to round.
create function gate.listing_says(query text) returns text language sql immutable set search_path = '' as $$
  select format('round(1 / (1.6449340668482264::double precision * (1 - ts_rank(''{1,1,1,1}'', l.terms, %L::tsquery))) - 0.5::double precision)', query) $$;

-- What one word adds to that by BM25 with k1 = 1.2 and b = 0.75, where a text of so many tokens says it so often; an unfinished word counts once, for whatever begins so.
-- It is cut to single precision, whose sum is exact: equal texts tie, whatever the order of words.
create function gate.word_adds(word jsonb, middle jsonb, says text, length text) returns text language sql immutable set search_path = '' as $$
  select case when (word ->> 'unfinished')::boolean then format('%L::real::double precision', word ->> 'weight')
    else format('(%1$L::double precision - %1$L::double precision / (1 + %2$s / (0.3::double precision + %3$L::double precision * %4$s)))::real::double precision',
      word ->> 'weight', says, 0.9 / middle::double precision, length) end $$;

-- How well an offer answers, as an expression over `l`.
create function gate.listing_score(words jsonb) returns text language sql immutable set search_path = '' as $$
  select coalesce(string_agg(case when (w ->> 'unfinished')::boolean then format('case when l.terms @@ %L::tsquery then %s else 0 end', w ->> 'query', gate.word_adds(w, words -> 'middle', '', ''))
    else gate.word_adds(w, words -> 'middle', gate.listing_says(w ->> 'query'), 'l.length') end, ' + '), '0') from jsonb_array_elements(words -> 'words') w $$;

-- `ranges`: price_min and price_max in minor units, closes_before, received_after, and near: {latitude, longitude, km}.
create function gate.listings_where(words jsonb, ranges jsonb) returns text
language sql immutable set search_path = '' as $$
  select concat_ws(' and ', 'true',
    case when words ->> 'match' = '' then 'false' when words is not null then format('l.terms @@ %L::tsquery', words ->> 'match') end,
    case when words ->> 'floor' is not null then format('%s >= %s', gate.listing_weight(words), (words ->> 'floor')::double precision) end,
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

-- By what hits are ordered: an expression over `l`, and its direction.
create function gate.listings_by(words jsonb, ranges jsonb, sort text) returns text[] language sql immutable set search_path = '' as $$
  select case when sort = 'closing' then array['l.closes_at', ''] when sort = 'cheapest' then array['l.price_minor', ''] when sort = 'dearest' then array['l.price_minor', 'desc']
    when sort = 'newest' then array['l.published_at', 'desc'] when sort = 'nearest' and ranges ? 'near' then array[gate.listing_away(ranges -> 'near'), 'nulls last']
    when words is null then array['l.closes_at', ''] else array[gate.listing_score(words), 'desc'] end $$;

-- What is noted of each offer that is read, for counting: its facets, and whether it has what was chosen of them.
create function gate.listing_noted(facets jsonb) returns text language sql immutable set search_path = '' as $$
  select string_agg(format('l.%I', name), ', ') || coalesce(string_agg(format(', %s as has_%s', gate.listing_has(facets, name), name), '') filter (where facets ? name), '')
    from unnest(gate.facet_names()) name $$;

-- Whether an offer has what was chosen of every facet.
create function gate.listing_meets(facets jsonb) returns text language sql immutable set search_path = '' as $$
  select coalesce(string_agg(gate.listing_has(facets, name), ' and ') filter (where facets ? name), 'true') from unnest(gate.facet_names()) name $$;

-- The conditions of the facets of which something was chosen, but for the one that is named, over the columns in which the reading below notes them.
create function gate.listing_chosen(facets jsonb, but text) returns text language sql immutable set search_path = '' as $$
  select concat_ws(' and ', 'true', string_agg('l.has_' || name, ' and ')) from unnest(gate.facet_names()) name where facets ? name and name <> but $$;

-- Counting the rows of `l` for all facets at once, as two more of its statement's tables: each value of a facet with that facet's own choice left open, and the whole.
-- `each`: how rows are counted.
create function gate.counting(facets jsonb, each text) returns text language sql immutable set search_path = '' as $$
  select format($of$grouped as (
      select case %1$s end as facet, coalesce(%2$s) as value, coalesce(case %3$s else %4$s filter (where %5$s) end, 0)::bigint as found from l group by grouping sets ((), %6$s)
    ), ranked as (
      select g.*, row_number() over (partition by g.facet order by g.found desc, g.value) as place from grouped g where g.facet is not null and g.found > 0
    )$of$,
    string_agg(format('when grouping(l.%I) = 0 then %L', name, name), ' '),
    string_agg(format('l.%I', name), ', '),
    coalesce(string_agg(format('when grouping(l.%I) = 0 then %s filter (where %s)', name, each, gate.listing_chosen(facets, name)), ' ') filter (where facets ? name), 'when false then 0'),
    each, gate.listing_chosen(facets, ''),
    string_agg(format('(l.%I)', name), ', ')) from unnest(gate.facet_names()) name $$;

-- What of that is told: how many there are in all, and the counts of each facet, the most frequent forty first.
create function gate.counted() returns text language sql immutable set search_path = '' as $$
  select $of$(select g.found from grouped g where g.facet is null),
           (select json_object_agg(f.facet, f.counts) from (
              select r.facet, json_object_agg(r.value, r.found order by r.place) as counts from ranked r where r.place <= 40 group by r.facet) f)$of$ $$;

-- All offers that answer, or of those only what has every chosen facet (`narrowed`): read once, whatever is counted of them.
create function gate.reading_all(kind text, words jsonb, facets jsonb, ranges jsonb, sort text, past int, most int, narrowed boolean) returns text language sql stable set search_path = '' as $$
  select format($of$
    with l as materialized (
      select l.id, l.published_at, %1$s as by_this, %2$s from house.listing l where %3$s and %4$s
    ), %5$s
    select array(select l.id from l where %6$s order by l.by_this %7$s, l.published_at desc, l.id limit %8$s offset %9$s), %10$s
    $of$,
    o.ordered[1], gate.listing_noted(facets), gate.shelf_of(reading_all.kind),
    concat_ws(' and ', gate.listings_where(words, ranges), case when narrowed then gate.listing_meets(facets) end),
    gate.counting(facets, 'count(*)'), gate.listing_chosen(facets, ''), o.ordered[2], most, past, gate.counted())
    from (select gate.listings_by(words, ranges, sort) as ordered) o $$;

-- A page of hits in their order, how many there are in all, and how many each value of each facet would find with that facet's own choice left open.
-- Where neither words nor ranges are asked for, only the offers of the page are read (`sql/browse.sql`), and of words that many offers have only what tells the page
-- and about how many there are (`sql/common.sql`). There is memory for as many as a common word finds among a million.
create function gate.search_listings(kind text, words jsonb, facets jsonb, ranges jsonb, sort text, past int, most int)
returns table (hits uuid[], total bigint, counts json, guessed json) language plpgsql stable security definer set search_path = '' set work_mem = '32MB' as $$
begin
  perform gate.tenant();
  if gate.listings_where(words, ranges) = 'true' then
    return query select b.*, null::json from gate.browse_listings(search_listings.kind, facets, ranges, sort, past, most) b;
  elsif (words ->> 'one_in')::int > 1 then
    return query select * from gate.search_common(search_listings.kind, words, facets, ranges, sort, past, most);
  else
    return query execute format('select a.*, null::json from (%s) a', gate.reading_all(search_listings.kind, words, facets, ranges, sort, past, most, false));
  end if;
end $$;

revoke all on function gate.km_between(double precision, double precision, double precision, double precision), gate.listing_away(jsonb),
  gate.shelf_of(text), gate.listing_weight(jsonb), gate.listing_says(text), gate.word_adds(jsonb, jsonb, text, text), gate.listing_score(jsonb), gate.listings_where(jsonb, jsonb), gate.listing_has(jsonb, text), gate.facet_names(), gate.listings_by(jsonb, jsonb, text),
  gate.listing_chosen(jsonb, text), gate.listing_noted(jsonb), gate.listing_meets(jsonb), gate.counting(jsonb, text), gate.counted(), gate.reading_all(text, jsonb, jsonb, jsonb, text, int, int, boolean), gate.search_listings(text, jsonb, jsonb, jsonb, text, int, int) from public;
grant execute on function gate.search_listings(text, jsonb, jsonb, jsonb, text, int, int) to bailee_app, bailee_worker;

set role bailee_owner;

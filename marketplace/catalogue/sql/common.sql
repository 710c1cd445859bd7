-- Words that many offers have. To read, rank and count them all costs as much as they are many. So one in eight to 512 is counted, each share by an index of
-- its own (`Listing`), and of the offers only those are ranked that can be on the page: what a word adds is told by how often a text says it and how long the text is,
-- and the shelf keeps how many offers there are of each such kind (`sql/words.sql`). Hits are those of a reading of all, in their order; numbers are about right.

set role bailee_context;

-- One in so many offers, whatever they hold. The condition is that of an index.
create function gate.listing_drawn(words jsonb) returns text language sql immutable set search_path = '' as $$
  select format('(uuid_hash(l.id) & %s) = 0', (words ->> 'one_in')::int - 1) $$;

-- What the texts of one kind of offers add by a word: for each length, of how many offers how much. Also of what the caller may not see: it only tells where to look.
create function gate.word_steps(kind text, word jsonb, middle jsonb) returns table (length bigint, offers bigint, adds double precision)
language plpgsql stable set search_path = '' as $$
begin
  return query execute format($of$
    select w.length, w.offers, %s from (
      select w.said, w.length, sum(w.offers)::bigint as offers from gate.search_word w where w.kind = %L and w.word = %L group by 1, 2 having sum(w.offers) > 0) w
    $of$, gate.word_adds(word, middle, 'w.said', 'w.length'), word_steps.kind, word ->> 'word');
end $$;

-- Where to look for the best first, ever wider: a condition, and what an offer beyond it reaches at most (null: nothing lies beyond it). Of a single word, the lengths of
-- texts among which so many of the best are, and eight times as many; of several, the offers that have all of them; then everywhere.
create function gate.listings_lead(kind text, words jsonb, wanted bigint) returns table (within text, beyond double precision)
language plpgsql stable set search_path = '' as $$
begin
  if jsonb_array_length(words -> 'words') = 1 then
    return query with s as (select s.length, s.adds, sum(s.offers) over (order by s.adds desc) - s.offers as before from gate.word_steps(listings_lead.kind, words #> '{words,0}', words -> 'middle') s)
      select format('l.length = any (%L::bigint[])', n.lengths), (select max(s.adds) from s where s.length <> all (n.lengths))
        from (select array(select distinct s.length from s where s.before < wanted * f.fold) as lengths, f.fold from unnest(array[1, 8]) f(fold)) n order by n.fold;
  elsif words ->> 'floor' is not null then
    return query select string_agg(format('l.terms @@ %L::tsquery', w ->> 'query'), ' and '), sum(b.best) - min(b.best)
      from jsonb_array_elements(words -> 'words') w
      cross join lateral (select case when (w ->> 'unfinished')::boolean then (w ->> 'weight')::real::double precision
                                 else coalesce((select max(s.adds) from gate.word_steps(listings_lead.kind, w, words -> 'middle') s), 0) end as best) b;
  end if;
  return query select 'true', null::double precision;
end $$;

-- The page of the best. `wanted`: among how many of the best it is likely found, as not all that have the words have what was chosen.
create function gate.first_ranked(kind text, words jsonb, facets jsonb, ranges jsonb, past int, most int, wanted bigint) returns uuid[] language plpgsql stable set search_path = '' as $$
declare look record; hits uuid[]; least double precision;
begin
  for look in select * from gate.listings_lead(first_ranked.kind, words, wanted) loop
    execute format($of$
      select array_agg(l.id order by l.by_this desc, l.published_at desc, l.id), min(l.by_this) from (
        select l.id, l.published_at, %s as by_this from house.listing l where %s and %s and %s and %s order by by_this desc, l.published_at desc, l.id limit %s offset %s) l
      $of$, gate.listing_score(words), gate.shelf_of(first_ranked.kind), gate.listings_where(words, ranges), gate.listing_meets(facets), look.within, most, past) into hits, least;
    exit when look.beyond is null or (cardinality(hits) = most and least > look.beyond);
  end loop;
  return coalesce(hits, '{}');
end $$;

-- What `gate.search_listings` gives, of such words. Where few have what was chosen (`exact_below`), those are read and counted one by one, and `guessed` is what of a facet
-- was not chosen, which is counted with that choice left open.
create function gate.search_common(kind text, words jsonb, facets jsonb, ranges jsonb, sort text, past int, most int)
returns table (hits uuid[], total bigint, counts json, guessed json) language plpgsql stable set search_path = '' as $$
declare
  about bigint; drawn json; one_in constant int := words ->> 'one_in';
  ordered text[] := gate.listings_by(words, ranges, sort);
begin
  execute format('with l as materialized (select %s from house.listing l where %s and %s and %s), %s select %s',
    gate.listing_noted(facets), gate.shelf_of(search_common.kind), gate.listings_where(words, ranges), gate.listing_drawn(words), gate.counting(facets, one_in || ' * count(*)'), gate.counted())
    into about, drawn;
  if about < (words ->> 'exact_below')::bigint then
    return query execute format('select a.*, %L::json from (%s) a', drawn, gate.reading_all(search_common.kind, words, facets, ranges, sort, past, most, true));
  elsif ordered[1] = gate.listing_score(words) then
    return query select gate.first_ranked(search_common.kind, words, facets, ranges, past, most, 1 + (past + most) * greatest(about, (words ->> 'likely')::bigint) / about), about, drawn, null::json;
  else
    return query execute format('select %s, %L::bigint, %L::json, null::json', gate.first_listings(search_common.kind, facets, ordered, past, most, gate.listings_where(words, ranges)), about, drawn);
  end if;
end $$;

revoke all on function gate.listing_drawn(jsonb), gate.word_steps(text, jsonb, jsonb), gate.listings_lead(text, jsonb, bigint),
  gate.first_ranked(text, jsonb, jsonb, jsonb, int, int, bigint), gate.search_common(text, jsonb, jsonb, jsonb, text, int, int) from public;

set role bailee_owner;

-- What ranking by relevance must know of the shelf: how many offers say each word so often in a text of so many tokens, how many offers there are and how long they are. Kept in the transaction that
-- writes an offer's terms, by kind and by who may read it, so that nobody learns from a rank what lies on a shelf that is closed to them.

set role bailee_context;

-- The word '' stands for all offers that have any: their number, and their tokens. `times` is how often a word is said in all of them. What counts is the sum
-- over the parts: each transaction keeps one to itself until its end, so that two that publish at once do not wait for each other on a word that both say.
create table gate.search_word (
  kind text not null, open_to text not null, word text not null, said int not null, length bigint not null, part int not null, offers bigint not null, times bigint not null,
  primary key (kind, open_to, word, said, length, part)
);

-- The first part that no other transaction has; where all are taken, the first one, waited for.
create function gate.free_part() returns int language plpgsql volatile set search_path = '' as $$
declare part int; owner constant int := 'gate.search_word'::regclass::oid::int;
begin
  for part in 0..7 loop
    if pg_try_advisory_xact_lock(owner, part) then return part; end if;
  end loop;
  perform pg_advisory_xact_lock(owner, 0);
  return 0;
end $$;

-- A text's length in tokens, above 40 cut to four binary digits as Lucene keeps it (SmallFloat.intToByte4), so that every index reckons by the same one.
create function gate.kept_length(terms tsvector) returns int language sql immutable set search_path = '' as $$
  select case when n.length < 40 then n.length else 24 + (((n.length - 24) >> n.cut) << n.cut) end
    from (select t.length, 29 - position('1' in greatest(16, t.length - 24)::bit(32)::text) as cut
            from (select coalesce(sum(cardinality(u.positions)), 0)::int as length from unnest(terms) u) t) n $$;

create function gate.measure_terms() returns trigger language plpgsql set search_path = '' as $$
begin
  new.length := gate.kept_length(new.terms);
  return new;
end $$;

create function gate.count_words() returns trigger language plpgsql security definer set search_path = '' as $$
declare mine constant int := gate.free_part();
begin
  insert into gate.search_word as w (kind, open_to, word, said, length, part, offers, times)
  select t.kind, t.open_to, t.word, t.said, t.length, mine, sum(t.offers), sum(t.times) from (
    select new.kind, new.open_to, u.lexeme as word, cardinality(u.positions) as said, new.length, 1 as offers, cardinality(u.positions) as times from unnest(new.terms) u
    union all select new.kind, new.open_to, '', 0, 0, 1, sum(cardinality(u.positions)) from unnest(new.terms) u having count(*) > 0
    union all select old.kind, old.open_to, u.lexeme, cardinality(u.positions), old.length, -1, -cardinality(u.positions) from unnest(old.terms) u
    union all select old.kind, old.open_to, '', 0, 0, -1, -sum(cardinality(u.positions)) from unnest(old.terms) u having count(*) > 0) t
   group by t.kind, t.open_to, t.word, t.said, t.length having sum(t.offers) <> 0 or sum(t.times) <> 0
  on conflict (kind, open_to, word, said, length, part) do update set offers = w.offers + excluded.offers, times = w.times + excluded.times;
  return null;
end $$;

create function gate.forget_words() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  delete from gate.search_word;
  return null;
end $$;

-- All numbers anew from the rows, where those were loaded past the triggers.
create function gate.recount_words() returns void language sql volatile set search_path = '' as $$
  update house.listing l set length = gate.kept_length(l.terms) where l.length <> gate.kept_length(l.terms);
  delete from gate.search_word;
  insert into gate.search_word (kind, open_to, word, said, length, part, offers, times)
  select l.kind, l.open_to, u.lexeme, cardinality(u.positions), l.length, 0, count(*), sum(cardinality(u.positions))
    from house.listing l cross join lateral unnest(l.terms) u group by 1, 2, 3, 4, 5
  union all select l.kind, l.open_to, '', 0, 0, 0, count(distinct l.id), sum(cardinality(u.positions))
    from house.listing l cross join lateral unnest(l.terms) u group by 1, 2 $$;

-- What the caller may know of these words: of what is open to it; of a kind of which nothing is open to it, of its own offers.
create function gate.search_words(kind text, words text[]) returns table (word text, offers bigint, times bigint)
language plpgsql stable security definer set search_path = '' as $$
declare mine text[] := array['*'] || array(select jsonb_array_elements_text(o.kinds) from house.organisation o where o.id = gate.tenant());
begin
  return query select w.word, sum(w.offers)::bigint, sum(w.times)::bigint from gate.search_word w
     where w.kind = search_words.kind and w.open_to = any (mine) and w.word = any (words || array['']) group by w.word;
  if not found then
    return query select a.word, count(*), sum(case when a.word = '' then l.length else 1 end)::bigint
      from house.listing l join unnest(words || array['']) a(word) on a.word = '' or l.terms @@ pg_catalog.array_to_tsvector(array[a.word])::text::tsquery
     where l.tenant_id = gate.tenant() and l.kind = search_words.kind and l.length > 0 group by a.word;
  end if;
end $$;

-- Words of letters that a misspelt one may have been meant for, with how many offers have each, of what is open to the caller: they begin alike, since a first letter
-- is seldom wrong, and are as long within two letters, or go on where the given one ends.
create function gate.words_near(kind text, word text) returns table (near text, offers bigint) language sql stable security definer set search_path = '' as $$
  select w.word, sum(w.offers)::bigint from gate.search_word w
   where w.kind = words_near.kind and w.open_to = any (array['*'] || array(select jsonb_array_elements_text(o.kinds) from house.organisation o where o.id = gate.tenant()))
     and w.word >= left(words_near.word, 1) and w.word < chr(ascii(words_near.word) + 1) and w.word ~ '^[a-z]+$'
     and (abs(length(w.word) - length(words_near.word)) <= 2 or starts_with(w.word, words_near.word))
   group by w.word having sum(w.offers) > 0 $$;

revoke all on function gate.free_part(), gate.kept_length(tsvector), gate.measure_terms(), gate.count_words(), gate.forget_words(), gate.recount_words(), gate.search_words(text, text[]), gate.words_near(text, text) from public;
grant execute on function gate.kept_length(tsvector), gate.measure_terms() to bailee_app, bailee_worker;
grant execute on function gate.search_words(text, text[]), gate.words_near(text, text) to bailee_app, bailee_worker;
grant execute on function gate.count_words(), gate.forget_words(), gate.measure_terms() to bailee_owner;
grant select on gate.search_word to bailee_backup;

set role bailee_owner;

create trigger measure_terms before insert or update of terms on house.listing for each row execute function gate.measure_terms();
create trigger count_words after insert or delete or update of terms, kind, open_to on house.listing for each row execute function gate.count_words();
create trigger forget_words after truncate on house.listing execute function gate.forget_words();

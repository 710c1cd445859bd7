-- Asking without being known: the gate writes the question as the seller's row and keeps apart who asked.

set role bailee_context;

create function gate.ask_question(auction uuid, question uuid, words text) returns void language plpgsql volatile security definer set search_path = '' as $$
declare seller uuid; asker uuid := gate.tenant();
begin
  select a.tenant_id into seller from house.auction a
   where a.auction_id = auction and a.status in ('ANNOUNCED', 'OPEN') and gate.now() < a.closes_at - interval '24 hours';
  if not found then raise exception 'questions are frozen' using errcode = '23514', constraint = 'questions_frozen'; end if;
  if not exists (select from house.registration r where r.auction_id = auction and r.tenant_id = asker) then
    raise exception 'not registered' using errcode = '23514', constraint = 'asker_registered';
  end if;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(auction::text || asker::text, 0));
  if (select count(*) from house.question_slip s where s.auction_id = auction and s.tenant_id = asker) >= 20 then
    raise exception 'enough' using errcode = '23514', constraint = 'questions_full';
  end if;
  insert into house.question (auction_id, question_id, tenant_id, words, asked_at) values (auction, question, seller, words, gate.now());
  insert into house.question_slip (auction_id, tenant_id, question_id) values (auction, asker, question);
end $$;

revoke all on function gate.ask_question(uuid, uuid, text) from public;
grant execute on function gate.ask_question(uuid, uuid, text) to bailee_app;

set role bailee_owner;

create function house.question_stands() returns trigger language plpgsql set search_path = '' as $$
begin
  if (new.auction_id, new.question_id, new.tenant_id, new.words, new.asked_at) is distinct from (old.auction_id, old.question_id, old.tenant_id, old.words, old.asked_at) or old.answer is not null then
    raise exception 'what was asked and answered stands' using errcode = '23514';
  end if;
  if not exists (select from house.auction a where a.auction_id = new.auction_id and gate.now() < a.closes_at - interval '24 hours') then
    raise exception 'questions are frozen' using errcode = '23514';
  end if;
  return new;
end $$;
create trigger question_stands before update on house.question for each row execute function house.question_stands();

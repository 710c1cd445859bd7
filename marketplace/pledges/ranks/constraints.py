"""What the database refuses about consents to a second rank: a step by the wrong hand, and terms that change after they were asked for."""

GUARD = """
create function house.rank_consent_guard() returns trigger language plpgsql set search_path = '' as $$
declare me uuid := gate.tenant();
begin
  if tg_op = 'INSERT' then
    if new.status <> 'ASKED' or new.claim_minor is not null or new.in_force_at is not null or new.answered_at is not null then
      raise exception 'a consent begins as a question' using errcode = '42501';
    end if;
    return new;
  end if;
  if (new.tenant_id, new.id, new.first_deal_id, new.first_bank_id, new.second_deal_id, new.second_bank_id, new.goods, new.cap_minor, new.most_minor, new.currency, new.because, new.asked_at)
     is distinct from
     (old.tenant_id, old.id, old.first_deal_id, old.first_bank_id, old.second_deal_id, old.second_bank_id, old.goods, old.cap_minor, old.most_minor, old.currency, old.because, old.asked_at) then
    raise exception 'what was asked does not change' using errcode = '42501';
  end if;
  if new.status <> old.status and not (
       (me = old.first_bank_id and old.status || '>' || new.status in ('ASKED>CONSENTED', 'ASKED>REFUSED', 'CONSENTED>ENDED'))
       or (me = old.tenant_id and old.status || '>' || new.status = 'ASKED>WITHDRAWN')) then
    raise exception 'this step on a consent is not yours' using errcode = '42501';
  end if;
  if (new.claim_minor, new.in_force_at) is distinct from (old.claim_minor, old.in_force_at) and me <> old.second_bank_id then
    raise exception 'only the second bank says what it holds and claims' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger rank_consent_guard before insert or update on house.rank_consent for each row execute function house.rank_consent_guard();
"""

STATEMENTS = [GUARD]

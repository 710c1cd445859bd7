-- Nothing becomes the creditor's without the pledgor's yes (Civil Code 401, 428): said once more where no program can forget it.

set role bailee_owner;

create function house.appropriation_stands() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'PROPOSED' or new.answered_at is not null or new.done_at is not null then raise exception 'a proposal begins unanswered' using errcode = '42501'; end if;
    return new;
  end if;
  if (new.deal_id, new.id, new.tenant_id, new.lot_id, new.borrower_id, new.number, new.title, new.quantity, new.unit, new.currency, new.value_minor, new.valuation_minor, new.valued_at,
      new.costs, new.lines, new.surplus_minor, new.deficiency_minor, new.buyer_id, new.buyer, new.approval_id, new.proposed_at, new.answer_by, new.take_by) is distinct from
     (old.deal_id, old.id, old.tenant_id, old.lot_id, old.borrower_id, old.number, old.title, old.quantity, old.unit, old.currency, old.value_minor, old.valuation_minor, old.valued_at,
      old.costs, old.lines, old.surplus_minor, old.deficiency_minor, old.buyer_id, old.buyer, old.approval_id, old.proposed_at, old.answer_by, old.take_by) then
    raise exception 'a proposal does not change' using errcode = '23514';
  end if;
  if new.status = old.status then
    if (new.answered_at, new.answered_by, new.done_at) is distinct from (old.answered_at, old.answered_by, old.done_at) then raise exception 'an answer does not change' using errcode = '23514'; end if;
    if new.surplus_paid_at is distinct from old.surplus_paid_at and (old.surplus_paid_at is not null or gate.tenant() <> old.tenant_id) then
      raise exception 'the bank says once that it paid' using errcode = '42501';
    end if;
  elsif new.status in ('CONSENTED', 'DECLINED') then
    if gate.tenant() <> old.borrower_id or old.status <> 'PROPOSED' or gate.now() >= old.answer_by then raise exception 'the pledgor answers, in time' using errcode = '42501'; end if;
  else
    if gate.tenant() <> old.tenant_id or old.status not in ('PROPOSED', 'CONSENTED') then raise exception 'the bank concludes what is open' using errcode = '42501'; end if;
    if new.status = 'DONE' and old.status <> 'CONSENTED' then raise exception 'nothing is taken over without the pledgor''s consent' using errcode = '23514'; end if;
  end if;
  return new;
end $$;
create trigger appropriation_stands before insert or update on house.appropriation for each row execute function house.appropriation_stands();

"""What the database itself answers and refuses about owners: who is related, and by whose hands an entry is made, ended or objected to."""

# An entry is the platform's, made and ended by two of its people; the firm that it is about may object to it, and nothing else of it ever changes.
HANDS = """
create function house.stake_hands() returns trigger language plpgsql set search_path = '' as $$
declare allowed house.stake; needed text := case tg_op when 'INSERT' then 'approve_stake' else 'approve_stake_end' end;
begin
  if tg_op = 'INSERT' or gate.tenant() = old.tenant_id then
    if not exists (select from house.organisation o where o.id = gate.tenant() and o.kinds ? 'PLATFORM') then
      raise exception 'owners are entered by the platform' using errcode = '42501';
    end if;
    if not exists (select from house.approval a where a.tenant_id = gate.tenant() and a.act = needed and a.subject_id = new.id and a.decision = 'approved') then
      raise exception 'owners are entered and ended by two people' using errcode = '42501';
    end if;
    if tg_op = 'INSERT' then return new; end if;
  end if;
  allowed := old;
  if gate.tenant() = old.tenant_id then
    if old.until is null then allowed.until := new.until; end if;
  else
    allowed.objection := new.objection; allowed.objected_at := new.objected_at;
  end if;
  if new is distinct from allowed then raise exception 'an entry of an owner does not change' using errcode = '42501'; end if;
  return new;
end $$;
create trigger stake_hands before insert or update on house.stake for each row execute function house.stake_hands();
"""

# The rules of `tenants/ownership/rules.py`, asked by the gate, so that nobody needs to read the graph. An owner is a firm of the house where its code is
# one of the register's, whether it was admitted before or after.
RELATED = """
set role bailee_context;
create function gate.owner_node(key text) returns text language sql stable security definer set search_path = '' as $$
  select coalesce((select o.id::text from house.organisation o where (key like 'USCC:%' and o.uscc = substr(key, 6)) or (key like 'LEI:%' and o.lei = substr(key, 5)) limit 1), key) $$;
create function gate.owners_of(node text) returns table (owner text, part numeric, controls boolean, heads boolean) language sql stable security definer set search_path = '' as $$
  select gate.owner_node(s.owner_key), coalesce(sum(s.percent), 0) * 0.01, bool_or(s.kind <> 'SHARES') or coalesce(sum(s.percent), 0) > 50,
         bool_or(s.kind in ('LEGAL_REPRESENTATIVE', 'ACTUAL_CONTROLLER'))
    from house.stake s where s.firm_id = case when position(':' in node) = 0 then node::uuid end and s.until is null group by 1 $$;
create function gate.controllers_of(firm uuid) returns setof text language sql stable security definer set search_path = '' as $$
  with recursive up(node) as (select firm::text union select o.owner from up cross join lateral gate.owners_of(up.node) o where o.controls)
  select node from up $$;
create function gate.part_of(holder uuid, firm uuid) returns numeric language sql stable security definer set search_path = '' as $$
  with recursive chain(node, part, passed) as (
    select firm::text, 1::numeric, array[firm::text]
    union all
    select o.owner, c.part * o.part, c.passed || o.owner from chain c cross join lateral gate.owners_of(c.node) o
     where o.part > 0 and c.node <> holder::text and o.owner <> all (c.passed))
  select coalesce(sum(part), 0) from chain where node = holder::text $$;
create function gate.related_rule(one uuid, other uuid) returns text language sql stable security definer set search_path = '' as $$
  select case
    when one = other then 'SAME'
    when one::text in (select gate.controllers_of(other)) or other::text in (select gate.controllers_of(one)) then 'CONTROL'
    when exists (select from gate.owners_of(one::text) a join gate.owners_of(other::text) b using (owner) where a.heads and b.heads) then 'SAME_HEAD'
    when exists (select gate.controllers_of(one) intersect select gate.controllers_of(other)) then 'COMMON_CONTROL'
    when greatest(gate.part_of(one, other), gate.part_of(other, one)) >= 0.25 then 'QUARTER'
  end $$;
create function gate.relation_of(one uuid, other uuid, room uuid) returns text language plpgsql stable security definer set search_path = '' as $$
declare me uuid := gate.tenant();
begin
  if me not in (one, other) and (select count(distinct g.tenant_id) from gate.access_grant g where g.object_id = room and g.tenant_id in (me, one, other) and g.ended_at is null) < 3 then
    raise exception 'whether others are related is told to those who deal with both' using errcode = '42501';
  end if;
  return gate.related_rule(one, other);
end $$;
-- An identity number is kept as a mark under the house's own key: the same person is known again, and the number is not to be found by trying.
create function gate.owner_mark(identity text) returns text language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (select from house.organisation o where o.id = gate.tenant() and o.kinds ? 'PLATFORM') then
    raise exception 'owners are entered by the platform' using errcode = '42501';
  end if;
  return (select encode(sha256(outer_pad || sha256(inner_pad || convert_to('owner of a firm|' || identity, 'UTF8'))), 'hex') from gate.secret);
end $$;
revoke all on function gate.owner_node(text), gate.owners_of(text), gate.controllers_of(uuid), gate.part_of(uuid, uuid), gate.related_rule(uuid, uuid),
  gate.relation_of(uuid, uuid, uuid), gate.owner_mark(text) from public;
grant execute on function gate.relation_of(uuid, uuid, uuid), gate.owner_mark(text) to bailee_app, bailee_worker;
set role bailee_owner;
"""

STATEMENTS = [HANDS, RELATED]

-- What the gate does in a shortage: it stops the goods of all owners at once, takes the claims as they stand, and lets out no more than the shares; what is found later it puts back.
-- Nobody who reports sees all claims, so no hand but the gate's could stop them in one transaction.

-- Of one kind are goods at one site with one customs code, grade, unit and price series (product names are each owner's own); what was poured into one bulk
-- is of that bulk alone. Goods kept item by item can be told apart and are left out.
set role bailee_context;
create function gate.goods_alike(sample uuid) returns setof house.lot language sql stable security definer set search_path = '' as $$
  select l.* from house.lot s join house.lot l on l.site_id = s.site_id and l.hs_code = s.hs_code and lower(btrim(l.grade)) = lower(btrim(s.grade)) and l.unit = s.unit
     and l.price_code = s.price_code and l.bulk_id is not distinct from s.bulk_id and l.tracking <> 'SERIALISED'
   where s.id = sample and s.tracking <> 'SERIALISED' $$;
create function gate.left_since(lot uuid, since timestamptz) returns bigint language sql stable security definer set search_path = '' as $$
  select greatest(0, coalesce(sum(case e.kind when 'LotDeparted' then (e.facts::jsonb->'departed'->>'amount')::numeric
                                              else - (e.facts::jsonb->'returned'->>'amount')::numeric end), 0) * 1000)::bigint
    from house.event e where e.stream_id = lot and e.kind in ('LotDeparted', 'LotReturned') and e.at > since $$;
revoke all on function gate.goods_alike(uuid), gate.left_since(uuid, timestamptz) from public;

-- A whole commit as one statement: nothing of it is done unless the pen is counted and every lease is held.
with held as (
    select lease.token from brokerdesk.leases lease
    join unnest(%(lease_names)s::text[], %(lease_tokens)s::text[]) as wanted (name, token)
    on wanted.name = lease.name and wanted.token = lease.token
    order by lease.name for update of lease
), counted as (
    update brokerdesk.pens pen set commits = pen.commits + 1, used_at = clock_timestamp()
    from brokerdesk.book book
    where pen.id = %(pen)s and pen.sender = %(sender)s and pen.commits = %(number)s
    and book.documents = %(documents)s and book.moved_to = %(moved_to)s
    and (select count(*) from held) = cardinality(%(lease_names)s::text[])
    returning pen.id, pen.commits
), dropped as (
    delete from brokerdesk.records record
    using unnest(%(drop_kinds)s::text[], %(drop_keys)s::bytea[]) as gone (kind, key)
    where record.kind = gone.kind and record.key = gone.key and exists (select 1 from counted)
), put as (
    insert into brokerdesk.records (kind, key, body, mark0, mark1, mark2, mark3)
    select * from unnest(%(kinds)s::text[], %(keys)s::bytea[], %(bodies)s::bytea[], %(marks0)s::bytea[],
                         %(marks1)s::bytea[], %(marks2)s::bytea[], %(marks3)s::bytea[])
    where exists (select 1 from counted)
    on conflict (kind, key) do update set body = excluded.body, mark0 = excluded.mark0, mark1 = excluded.mark1,
    mark2 = excluded.mark2, mark3 = excluded.mark3
), closed as (
    delete from brokerdesk.open_steps where step = any(%(closed)s::bytea[]) and exists (select 1 from counted)
), opened as (
    insert into brokerdesk.open_steps (step, push_id, ref)
    select * from unnest(%(steps)s::bytea[], %(step_pushes)s::text[], %(refs)s::bytea[])
    where exists (select 1 from counted)
    on conflict (step) do update set push_id = excluded.push_id, ref = excluded.ref
), forgotten as (
    delete from brokerdesk.pushes where push_id = any(%(drop_pushes)s::text[]) and exists (select 1 from counted)
), touched as (
    update brokerdesk.pushes push set pen = counted.id, commit_no = counted.commits
    from counted where push.push_id = any(%(touched)s::text[])
), pushed as (
    insert into brokerdesk.pushes (push_id, state, asset, subject, pen, commit_no)
    select push.*, counted.id, counted.commits from counted cross join
    unnest(%(pushes)s::text[], %(states)s::text[], %(assets)s::text[], %(subjects)s::bytea[]) as push
    on conflict (push_id) do update set state = excluded.state, asset = excluded.asset, subject = excluded.subject,
    pen = excluded.pen, commit_no = excluded.commit_no
), filed as (
    insert into brokerdesk.files (name, body)
    select * from unnest(%(files)s::text[], %(contents)s::bytea[]) where exists (select 1 from counted)
    on conflict (name) do update set body = excluded.body
)
select (select count(*) from counted), (select array_agg(token) from held)

-- The tables of a team's book. Keys, indexed values and bodies of records are keyed hashes or ciphertext: the database
-- never holds the secret that they are made with (docs/team.md, "What the database holds").

-- One row: what holds for the whole book. "documents" is the schema of the records (data/book/migrations.py).
-- A "moved_to" that is not empty says where the book is now; nobody writes this one any more.
create table brokerdesk.book (
    one       boolean primary key default true check (one),
    workspace bytea not null,
    documents integer not null,
    hash_key  bytea not null,
    stop      bytea,
    moved_to  text not null default ''
);

-- One row, which claims lock, so that they are carried out one after the other.
create table brokerdesk.turn (one boolean primary key default true check (one));
insert into brokerdesk.turn default values;

-- A pen is what a sender writes with. Its number of commits says which commits of the sender have arrived, and orders
-- them for those who ask what has changed. A pen without a sender is free.
create table brokerdesk.pens (
    id      integer generated always as identity primary key,
    sender  text,
    commits bigint not null default 0,
    used_at timestamptz not null default clock_timestamp()
);

-- The senders that have opened the book for writing. "about" is sealed: operator and machine.
create table brokerdesk.senders (
    id      text primary key,
    about   bytea not null,
    seen_at timestamptz not null default clock_timestamp()
);

-- Every record. "place" orders the records of a kind by their first commit. mark0 to mark3 are the indexed fields of the
-- kind: a state in clear, everything else as a keyed hash.
create table brokerdesk.records (
    kind  text not null,
    key   bytea not null,
    place bigint generated always as identity,
    body  bytea not null,
    mark0 bytea,
    mark1 bytea,
    mark2 bytea,
    mark3 bytea,
    primary key (kind, key)
);
create index records_place on brokerdesk.records (kind, place);
create index records_mark0 on brokerdesk.records (kind, mark0, place) where mark0 is not null;
create index records_mark1 on brokerdesk.records (kind, mark1, place) where mark1 is not null;
create index records_mark2 on brokerdesk.records (kind, mark2, place) where mark2 is not null;
create index records_mark3 on brokerdesk.records (kind, mark3, place) where mark3 is not null;

-- What claims need to know of each push, and by which commit the push or a step of it was changed last.
create table brokerdesk.pushes (
    push_id     text primary key,
    place       bigint generated always as identity,
    state       text not null,
    asset       text not null,
    subject     bytea not null,
    rests_until timestamptz,
    pen         integer not null,
    commit_no   bigint not null
);
create index pushes_open on brokerdesk.pushes (place) where state in ('queued', 'running', 'paused');
create index pushes_subject on brokerdesk.pushes (subject);
create index pushes_changed on brokerdesk.pushes (pen, commit_no);

-- A row for each subject of a push: whoever begins a push locks it.
create table brokerdesk.subjects (subject bytea primary key);

-- The reference of each step that is not done. "step" is the key of its record.
create table brokerdesk.open_steps (
    step    bytea primary key,
    push_id text not null,
    ref     bytea not null
);
create index open_steps_push on brokerdesk.open_steps (push_id);
create index open_steps_ref on brokerdesk.open_steps (ref);

-- Who may change a push, or does a job, and until when.
create table brokerdesk.leases (
    name   text primary key,
    token  text not null,
    sender text not null,
    until  timestamptz not null
);

-- When the next request over a shared credential may leave.
create table brokerdesk.lanes (
    name    bytea primary key,
    next_at timestamptz not null
);

-- Private files, such as confirmed plans and old values.
create table brokerdesk.files (
    name text primary key,
    body bytea not null
);

-- The records of finished pushes.
create table brokerdesk.archive (
    push_id text primary key,
    at      timestamptz not null,
    body    bytea not null
);

-- The token of each credential, sealed, and until when it is used. Whoever requests a new one holds a lease meanwhile.
create table brokerdesk.tokens (
    name  bytea primary key,
    body  bytea not null,
    until timestamptz not null
);

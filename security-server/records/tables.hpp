// The history of the log's tables. A migration is never changed once it was released; a test keeps a database of each.
#pragma once

#include "schemas/store/database.hpp"

#include <array>

namespace onceway::records {

inline constexpr std::array log_tables{store::Migration{1, R"(
CREATE TABLE part (
    id     INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    octets BLOB NOT NULL
) STRICT;
CREATE TABLE errand (
    id       INTEGER PRIMARY KEY,
    client   TEXT NOT NULL,
    provider TEXT NOT NULL,
    service  TEXT NOT NULL,
    UNIQUE (client, provider, service)
) STRICT;
CREATE TABLE body_file (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    size   INTEGER NOT NULL,
    sha512 BLOB NOT NULL
) STRICT;
CREATE TABLE record (
    number     INTEGER PRIMARY KEY CHECK (number > 0),
    at         INTEGER NOT NULL,
    role       INTEGER NOT NULL CHECK (role BETWEEN 0 AND 3),
    errand     INTEGER NOT NULL REFERENCES errand (id),
    message_id TEXT NOT NULL,
    request_id BLOB NOT NULL,
    outcome    TEXT,
    seal       INTEGER REFERENCES record (number),
    body_file  INTEGER REFERENCES body_file (id),
    signature  BLOB,
    result     BLOB,
    chain      BLOB,
    message    BLOB NOT NULL,
    body       BLOB
) STRICT;
CREATE TABLE unstamped (
    number INTEGER PRIMARY KEY REFERENCES record (number)
) STRICT;
CREATE TABLE stamp (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    token  BLOB NOT NULL,
    result BLOB,
    leaves BLOB
) STRICT;
CREATE TABLE stamped (
    number   INTEGER PRIMARY KEY REFERENCES record (number),
    stamp    INTEGER NOT NULL REFERENCES stamp (id),
    position INTEGER NOT NULL
) STRICT;
)"},
                                       // Records lie in packs from here on; `record` keeps those that were there
                                       // before. What waits for a time-stamp, and what has one, are runs of numbers.
                                       store::Migration{2, R"(
CREATE TABLE pack (
    first              INTEGER PRIMARY KEY CHECK (first > 0),
    records            INTEGER NOT NULL CHECK (records > 0),
    client_requests    INTEGER NOT NULL,
    client_responses   INTEGER NOT NULL,
    provider_requests  INTEGER NOT NULL,
    provider_responses INTEGER NOT NULL,
    at                 INTEGER NOT NULL,
    plain              INTEGER NOT NULL,
    link               BLOB NOT NULL,
    octets             BLOB NOT NULL
) STRICT;
CREATE TABLE unstamped_run (
    first INTEGER PRIMARY KEY,
    last  INTEGER NOT NULL CHECK (last >= first)
) STRICT;
INSERT INTO unstamped_run (first, last)
    SELECT min(number), max(number)
    FROM (SELECT number, number - row_number() OVER (ORDER BY number) AS run FROM unstamped) GROUP BY run;
DROP TABLE unstamped;
CREATE TABLE stamped_run (
    first    INTEGER PRIMARY KEY,
    last     INTEGER NOT NULL CHECK (last >= first),
    stamp    INTEGER NOT NULL REFERENCES stamp (id),
    position INTEGER NOT NULL
) STRICT;
INSERT INTO stamped_run (first, last, stamp, position)
    SELECT min(number), max(number), stamp, min(position)
    FROM (SELECT number, stamp, position, number - row_number() OVER (PARTITION BY stamp ORDER BY number) AS run,
                 position - row_number() OVER (PARTITION BY stamp ORDER BY number) AS shift FROM stamped)
    GROUP BY stamp, run, shift;
DROP TABLE stamped;
ALTER TABLE stamp ADD COLUMN plain INTEGER;
)"},
                                       // A pack may list attachments from here on, with a mark that earlier releases do
                                       // not know: they shall say so when they open the log, not when they read it.
                                       store::Migration{3, "SELECT 1;"}};

/// The search index lies in a file of its own, outside the committing transaction; it can be made again at any time.
inline constexpr std::array index_tables{store::Migration{1, R"(
CREATE TABLE entry (
    key    INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (key, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE filled (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    up_to  INTEGER NOT NULL
) STRICT;
INSERT INTO filled (id, up_to) VALUES (1, 0);
)"},
                                         // Keys are random: in one tree each new one lies on a page of its own, which
                                         // costs the more the larger the log is. A stretch is some hundred thousand
                                         // records; only the last one grows. The index is made again from the log.
                                         store::Migration{2, R"(
DROP TABLE entry;
CREATE TABLE entry (
    stretch INTEGER NOT NULL,
    key     INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    PRIMARY KEY (stretch, key, number)
) STRICT, WITHOUT ROWID;
UPDATE filled SET up_to = 0;
)"}};

}  // namespace onceway::records

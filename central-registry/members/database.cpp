#include "central-registry/members/database.hpp"

#include <array>

namespace onceway::central {
namespace {

constexpr std::string_view version_1 = R"(
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE management (id INTEGER PRIMARY KEY CHECK (id = 1), url TEXT NOT NULL, certificate BLOB,
    member INTEGER REFERENCES member, subsystem INTEGER REFERENCES subsystem) STRICT;

CREATE TABLE member_class (code TEXT PRIMARY KEY, description TEXT NOT NULL) STRICT;
CREATE TABLE member (id INTEGER PRIMARY KEY, class TEXT NOT NULL REFERENCES member_class, code TEXT NOT NULL,
    name TEXT NOT NULL, UNIQUE (class, code)) STRICT;
CREATE TABLE subsystem (id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES member, code TEXT NOT NULL, name TEXT,
    UNIQUE (member, code)) STRICT;

CREATE TABLE server (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES member, code TEXT NOT NULL,
    address TEXT NOT NULL, maintenance TEXT, UNIQUE (owner, code)) STRICT;
CREATE TABLE server_certificate (server INTEGER NOT NULL REFERENCES server, der BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE server_client (server INTEGER NOT NULL REFERENCES server, member INTEGER NOT NULL REFERENCES member,
    subsystem INTEGER REFERENCES subsystem, UNIQUE (server, member, subsystem)) STRICT;

CREATE TABLE certification_service (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    authentication_only INTEGER NOT NULL, profile TEXT NOT NULL, csr_format TEXT) STRICT;
CREATE TABLE ca_certificate (id INTEGER PRIMARY KEY, service INTEGER NOT NULL REFERENCES certification_service,
    der BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE ocsp_responder (id INTEGER PRIMARY KEY, ca_certificate INTEGER NOT NULL REFERENCES ca_certificate,
    url TEXT NOT NULL, certificate BLOB, cost TEXT) STRICT;
CREATE TABLE time_stamping_service (id INTEGER PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL, certificate BLOB NOT NULL,
    cost TEXT, UNIQUE (name, url)) STRICT;

CREATE TABLE global_group (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, description TEXT NOT NULL) STRICT;
CREATE TABLE group_member (global_group INTEGER NOT NULL REFERENCES global_group, member INTEGER NOT NULL REFERENCES member,
    subsystem INTEGER REFERENCES subsystem, UNIQUE (global_group, member, subsystem)) STRICT;

CREATE TABLE decision (number INTEGER PRIMARY KEY, at TEXT NOT NULL, operator TEXT NOT NULL, summary TEXT NOT NULL) STRICT;
CREATE TABLE decision_change (decision INTEGER NOT NULL REFERENCES decision, position INTEGER NOT NULL, line TEXT NOT NULL,
    PRIMARY KEY (decision, position)) STRICT;

CREATE TABLE signing_key (id INTEGER PRIMARY KEY, purpose TEXT NOT NULL CHECK (purpose IN ('internal', 'external', 'tls')),
    created_at TEXT NOT NULL, active INTEGER NOT NULL, private_key TEXT NOT NULL, certificate BLOB NOT NULL UNIQUE) STRICT;
CREATE UNIQUE INDEX one_active_key ON signing_key (purpose) WHERE active = 1;

CREATE TABLE anchor (source TEXT PRIMARY KEY CHECK (source IN ('internal', 'external')), basis BLOB NOT NULL,
    octets BLOB NOT NULL) STRICT;
)";

constexpr std::array migrations{store::Migration{1, version_1}};

std::filesystem::path database_file(const std::filesystem::path& folder) { return folder / "registry.db"; }

}  // namespace

Result<store::Database> open_database(const std::filesystem::path& folder) {
    store::Database::Settings settings;
    settings.path = database_file(folder);
    settings.migrations = migrations;
    return store::Database::open(settings);
}

bool has_database(const std::filesystem::path& folder) {
    std::error_code ignored;
    return std::filesystem::exists(database_file(folder), ignored);
}

}  // namespace onceway::central

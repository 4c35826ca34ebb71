#include "adapters/database/register.hpp"

#include "adapters/database/rows.hpp"
#include "schemas/store/database.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <mutex>
#include <set>

namespace onceway::database {
namespace {

constexpr std::size_t answer_octets = 16 * 1024 * 1024;

/// Which file a path names at this moment: a replaced one has another identity.
struct FileIdentity {
    dev_t device = 0;
    ino_t number = 0;
    bool operator==(const FileIdentity&) const = default;
};
FileIdentity identity_of(const std::filesystem::path& path) {
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) return {};
    return {facts.st_dev, facts.st_ino};
}

struct Prepared {
    store::Statement statement;
    std::vector<int> columns;
};

/// One connection with its statements; used by one thread at a time.
struct Session {
    FileIdentity file;
    store::Database database;
    std::vector<Prepared> statements;
};

Fault about(const Endpoint& endpoint, const Fault& refusal) {
    return fault(refusal.code, fmt::format("{} {}: {}", endpoint.method, endpoint.path.text(), refusal.detail));
}

/// The parameters of the statement must be those declared, each written ":name".
Result<void> check_parameters(const store::Statement& statement, const Endpoint& endpoint) {
    std::set<std::string> declared, used;
    for (const auto& parameter : endpoint.parameters) declared.insert(':' + parameter.name);
    for (const auto& name : statement.parameters()) {
        if (name.empty())
            return fault(FaultCode::invalid_argument, "the statement has a parameter without a name; write :name");
        used.insert(name);
    }
    for (const auto& name : used)
        if (!declared.contains(name))
            return fault(FaultCode::invalid_argument,
                         fmt::format("the statement uses {}, which is not declared", name));
    for (const auto& name : declared)
        if (!used.contains(name))
            return fault(FaultCode::invalid_argument,
                         fmt::format("parameter {} is declared and not used by the statement", name));
    return {};
}

Result<Prepared> prepare(store::Database& database, const Endpoint& endpoint) {
    auto statement = database.try_prepare(endpoint.sql);
    if (!statement)
        return about(endpoint, fault(FaultCode::invalid_argument, "the statement: " + statement.error().detail));
    if (!statement->reads_only())
        return about(endpoint, fault(FaultCode::invalid_argument, "the statement does not only read"));
    if (auto fine = check_parameters(*statement, endpoint); !fine) return about(endpoint, fine.error());
    auto columns = find_columns(*statement, endpoint);
    if (!columns) return about(endpoint, columns.error());
    return Prepared{std::move(*statement), std::move(*columns)};
}

void bind(store::Statement& statement, const Values& values) {
    for (const auto& [name, value] : values) {
        const int at = statement.position(':' + name);
        if (const auto* number = std::get_if<std::int64_t>(&value))
            statement.bind(at, *number);
        else if (const auto* text = std::get_if<std::string>(&value))
            statement.bind_text(at, *text);
        else
            statement.bind_null(at);
    }
}

}  // namespace

struct Register::Parts {
    std::filesystem::path path;
    TextEncoding encoding;
    std::vector<Endpoint> endpoints;
    std::mutex mutex;
    std::vector<std::unique_ptr<Session>> idle;

    Result<std::unique_ptr<Session>> connect() const;
    Result<std::unique_ptr<Session>> take();
    Result<Rows> read(Prepared& prepared, const Endpoint& endpoint) const;
};

Result<std::unique_ptr<Session>> Register::Parts::connect() const {
    const auto file = identity_of(path);
    auto database = store::Database::open_foreign(path);
    if (!database) return database.error();
    auto session = std::make_unique<Session>(Session{file, std::move(*database), {}});
    for (const auto& endpoint : endpoints) {
        auto prepared = prepare(session->database, endpoint);
        if (!prepared) return prepared.error();
        session->statements.push_back(std::move(*prepared));
    }
    return session;
}

/// A connection that nobody uses, or a new one. Those to a file that has been replaced are let go.
Result<std::unique_ptr<Session>> Register::Parts::take() {
    const auto now = identity_of(path);
    {
        const std::lock_guard lock(mutex);
        std::erase_if(idle, [&](const auto& session) { return session->file != now; });
        if (!idle.empty()) {
            auto session = std::move(idle.back());
            idle.pop_back();
            return session;
        }
    }
    return connect();
}

Result<Rows> Register::Parts::read(Prepared& prepared, const Endpoint& endpoint) const {
    Rows rows;
    const auto most = endpoint.shape == Shape::one ? std::size_t{1} : static_cast<std::size_t>(endpoint.limit);
    while (prepared.statement.step()) {
        if (rows.count == most) {
            rows.truncated = true;
            break;
        }
        if (rows.count++ > 0) rows.json += ',';
        auto added = append_row(rows.json, prepared.statement, endpoint, prepared.columns, encoding);
        if (!added) return added.error();
        if (rows.json.size() > answer_octets)
            return fault(FaultCode::too_large, fmt::format("the answer is larger than {} octets", answer_octets));
    }
    if (endpoint.shape == Shape::many) rows.json = '[' + rows.json + ']';
    return rows;
}

Register::Register(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Register::Register(Register&&) noexcept = default;
Register::~Register() = default;

Result<Register> Register::open(const Declaration& declaration) {
    auto parts = std::make_unique<Parts>();
    parts->path = declaration.database;
    parts->encoding = declaration.text_encoding;
    parts->endpoints = declaration.endpoints;
    auto first = parts->connect();
    if (!first) return first.error();
    parts->idle.push_back(std::move(*first));
    return Register(std::move(parts));
}

Result<Rows> Register::ask(std::size_t index, const Values& values) {
    const auto& endpoint = parts_->endpoints.at(index);
    auto session = parts_->take();
    if (!session) return fault(FaultCode::database_error, session.error().detail);
    auto& prepared = (*session)->statements[index];
    try {
        (*session)->database.allow_work(endpoint.time_limit);
        bind(prepared.statement, values);
        auto rows = parts_->read(prepared, endpoint);
        prepared.statement.reset();  // lets go of the database's read lock
        const std::lock_guard lock(parts_->mutex);
        parts_->idle.push_back(std::move(*session));
        return rows;
    } catch (const store::StoreInterrupted&) {
        return fault(FaultCode::timed_out,
                     fmt::format("the query took longer than {} ms", endpoint.time_limit.count()));
    } catch (const store::StoreError& error) {
        return fault(FaultCode::database_error, error.what());
    }
}

}  // namespace onceway::database

// The database behind the declared queries: opened for reading, its statements checked, its rows written as JSON.
#pragma once

#include "adapters/database/declaration.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <map>
#include <memory>
#include <string>

namespace onceway::database {

/// Checked values by parameter name.
using Values = std::map<std::string, Value>;

/// What a query gave.
struct Rows {
    std::size_t count = 0;
    bool truncated = false;  // more rows matched than the limit allows
    Octets json;             // an object for Shape::one (empty when there is no row), an array for Shape::many
};

/// Opened once; answers several threads at a time. A database file that is replaced is opened anew.
class Register {
public:
    /// Opens the database and checks every endpoint: one statement, nothing but reading, its parameters those declared,
    /// each column of the answer named by it. Faults: `database_error`, `invalid_argument`; `detail` names the
    /// endpoint.
    static Result<Register> open(const Declaration& declaration);
    Register(Register&&) noexcept;
    ~Register();

    /// Runs the query of endpoint `index`. Blocks. Faults: `timed_out` (beyond its time limit), `too_large` (an answer
    /// above 16 MiB), `database_error` (the database cannot be read now), `malformed_server_conf` (a value does not fit
    /// its declared column).
    Result<Rows> ask(std::size_t index, const Values& values);

private:
    struct Parts;
    explicit Register(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::database

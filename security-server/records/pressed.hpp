// Octets pressed with zstd. What does not become smaller stays as it is. Why zstd: docs/decisions/0011.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <memory>

namespace onceway::records {

/// Presses; keeps its room from one call to the next. One thread at a time.
class Presser {
public:
    Presser();
    ~Presser();

    /// A view of the frame that lives until the next call; none when it would not be smaller than `plain`.
    OctetsView press(OctetsView plain);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// The octets again. `plain` is their number, as it was kept beside the frame, at most 64 MiB. Faults:
/// `database_error`.
Result<Octets> unpress(OctetsView frame, std::uint64_t plain);

}  // namespace onceway::records

// Octets pressed with LZ4, as one block. What does not become smaller stays as it is. Why LZ4: docs/decisions.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

namespace onceway::records {

/// Presses; keeps its room from one call to the next. One thread at a time.
class Presser {
public:
    /// A view of the block that lives until the next call; none when it would not be smaller than `plain`.
    OctetsView press(OctetsView plain);

private:
    Octets state_, block_;
};

/// The octets again. `plain` is their number, as it was kept beside the block; a block that claims to hold more than
/// LZ4 can put into it is refused before room is made. Faults: `database_error`.
Result<Octets> unpress(OctetsView block, std::uint64_t plain);

}  // namespace onceway::records

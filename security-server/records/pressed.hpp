// Octets pressed with zstd. What does not become smaller stays as it is. Why zstd: docs/decisions/0011.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <memory>
#include <span>

namespace onceway::records {

/// Presses; keeps its room from one call to the next. One thread at a time.
class Presser {
public:
    Presser();
    ~Presser();

    /// Presses each section for itself. A view that lives until the next call: of the frames one behind the other, or
    /// of the sections as they are when they would not become smaller.
    struct Pressed {
        OctetsView octets;
        std::uint64_t plain = 0;  // octets before; 0: they are as they were
    };
    Pressed press(std::span<const OctetsView> sections);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// The octets of all sections. `plain` is their number, as it was kept beside the frames, at most 64 MiB. Faults:
/// `database_error`.
Result<Octets> unpress(OctetsView frames, std::uint64_t plain);

}  // namespace onceway::records

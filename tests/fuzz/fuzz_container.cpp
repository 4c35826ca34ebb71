// ZIP files and containers.
#include "certs/container/asic.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(container) {
    const auto zip = container::ZipReader::from_memory(Octets(input));
    if (!zip) return;
    for (const auto& entry : zip->entries()) (void)zip->read(entry, 1024 * 1024);
    static const auto trust = x509::Trust::build("TEST", {});
    for (const auto mode : {signature::Mode::strict, signature::Mode::compatible})
        if (container::verify_container(*zip, *trust, mode, std::nullopt).verdict == "valid") std::abort();
}

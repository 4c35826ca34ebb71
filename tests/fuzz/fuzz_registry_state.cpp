// The state file of a registry's operator.
#include "central-registry/members/state_file.hpp"
#include "tests/fuzz/target.hpp"

#include <sys/mman.h>
#include <unistd.h>
#include <cstdlib>

namespace {

/// The octets as a file that lies in memory only.
std::filesystem::path as_file(onceway::OctetsView octets) {
    static const int descriptor = ::memfd_create("state", MFD_CLOEXEC);
    if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, octets.data(), octets.size(), 0) < 0) std::abort();
    return "/proc/self/fd/" + std::to_string(descriptor);
}

}  // namespace

ONCEWAY_FUZZ(registry_state) {
    const auto state = central::read_state_file(as_file(input), {});
    if (!state && state.error().detail.empty()) std::abort();
}

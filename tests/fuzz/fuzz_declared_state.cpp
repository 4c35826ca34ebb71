// The declared state of a server; what was read can be written and read again, and is the same.
#include "security-server/admin/declared_state.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(declared_state) {
    static const auto server = identity::ServerId::from_header("T/GOV/1/ss1").value();
    const auto state = admin::read_state(input, "state", "/nowhere", server);
    if (!state) return;
    const auto again = admin::read_state(admin::write_state(*state), "written", "/nowhere", server);
    if (!again || !admin::difference(*state, *again).empty()) std::abort();
}

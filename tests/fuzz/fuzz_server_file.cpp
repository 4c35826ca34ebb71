// The server's own file, as an operator edits it.
#include "security-server/admin/server_file.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(server_file) {
    const auto file = admin::read_server_file(input, "/srv/fuzz");
    if (!file) {
        if (file.error().detail.empty()) std::abort();  // an operator is told what to change
        return;
    }
    for (const auto& path : {file->folder, file->log_folder, file->spool, file->socket()})
        if (!path.is_absolute()) std::abort();
}

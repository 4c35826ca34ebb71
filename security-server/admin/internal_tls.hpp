// The server's own certificate towards information systems: self-signed, made once, renewed by replacing two files.
#pragma once

#include "certs/channel/tls.hpp"
#include "security-server/admin/server_file.hpp"

namespace onceway::admin {

/// Makes key (RSA 2048, owner only) and certificate (ten years, for the inside address) under `tls/`.
/// Faults: `io_error`.
Result<void> make_internal_tls(const ServerFile& file, Instant now);

/// Reads both. Faults: `io_error`, `incorrect_certificate`, each naming the file.
Result<channel::TlsIdentity> load_internal_tls(const ServerFile& file);

}  // namespace onceway::admin

// The server's own certificate towards information systems: shown on its https port, and to services that ask for one.
// Made by `init`, self-signed; renewed, or replaced by one of the operator's authority, while the server runs.
#pragma once

#include "certs/channel/tls.hpp"
#include "schemas/base/time.hpp"
#include "security-server/admin/server_file.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace onceway::admin {

/// Makes key (RSA 2048, owner only) and certificate (ten years, for the inside address) under `tls/`.
/// Faults: `io_error`.
Result<void> make_internal_tls(const ServerFile& file, Instant now);

/// Reads both, and brings to its end a replacement that a crash cut short. Faults: `io_error`, `incorrect_certificate`
/// (also when key and certificate do not belong together), each naming the file.
Result<channel::TlsIdentity> load_internal_tls(const ServerFile& file);

/// The certificate in force, and its replacement. Every change is on disk, and in force, when its function returns.
/// Safe from any thread.
class InternalTls {
public:
    InternalTls(const ServerFile& file, const Clock& clock);

    /// Reads it for the first time. Faults: those of `load_internal_tls`.
    Result<void> load();
    /// Leaf first, then what the operator imported behind it; null before `load`.
    std::shared_ptr<const channel::TlsIdentity> current() const;
    /// Called after each change, with the new identity, in the thread that changed it. Set before anything changes.
    void on_change(std::function<void(const channel::TlsIdentity&)> notice) { notice_ = std::move(notice); }

    /// A new key and a new self-signed certificate. Faults: `io_error`.
    Result<void> renew();
    /// A certificate signing request (PEM) for a new key, which waits in `tls/next-key.pem` for its certificate; the
    /// present one stays in force. `name` is its CN (empty: the server's code), `address` its DNS name or IP address
    /// (empty: the inside address). Faults: `invalid_argument`, `io_error`.
    Result<std::string> request(const std::string& name, const std::string& address);
    /// True while a key waits for its certificate.
    bool waiting() const;
    /// Takes a certificate that an authority issued for the waiting key, or for the present one, with its intermediates
    /// behind it (PEM, leaf first; or DER, alone). Faults: `incorrect_certificate` (no certificate, of no key of ours,
    /// expired or not yet valid, a chain that does not hold), `io_error`.
    Result<void> import(OctetsView chain);

private:
    Result<void> replace(const std::string& key_pem, const std::vector<x509::Certificate>& chain);

    const ServerFile& file_;
    const Clock& clock_;
    std::function<void(const channel::TlsIdentity&)> notice_;
    std::mutex changing_;  // one change at a time
    mutable std::mutex door_;
    std::shared_ptr<const channel::TlsIdentity> current_;
};

}  // namespace onceway::admin

// OCSP answers about our own certificates: asked of their authorities' responders, kept on disk, handed out while
// fresh.
#pragma once

#include "certs/channel/client.hpp"
#include "certs/x509/ocsp.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/time.hpp"
#include "security-server/registry-view/view.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace onceway::admin {

using Fetch = std::function<Async<channel::FetchAnswer>(channel::FetchRequest)>;

/// An authentic answer and what it says.
struct HeldAnswer {
    Octets response;
    x509::OcspVerdict verdict;
    Instant fetched{};
};

/// Safe from any thread; `fetch` waits on the caller's executor.
class OwnOcsp {
public:
    OwnOcsp(std::filesystem::path folder, const registry_view::View& view, const Clock& clock,
            Fetch fetch = channel::fetch);
    ~OwnOcsp();

    /// The answer held for a certificate, whatever its status, when it is authentic under the configuration in force
    /// and not older than that allows; none otherwise.
    std::optional<HeldAnswer> fresh(const x509::Certificate& certificate) const;

    /// Another number whenever an answer held has changed.
    std::uint64_t revision() const;

    /// Asks the responders that the configuration names for the issuer, then those that the certificate names; keeps
    /// the first authentic answer, in memory and on disk. Faults: `global_conf_outdated`, `cert_validation` with what
    /// every responder did. Rule: global-configuration §4.2 (OCSP), message-transport §3.3.
    Async<HeldAnswer> fetch(x509::Certificate certificate);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::admin

// The last verified global configuration, as one immutable snapshot, and its refresh.
#pragma once

#include "certs/x509/trust.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/time.hpp"
#include "schemas/registry/documents.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace onceway::registry_view {

/// One instance's shared parameters as downloaded; what `/verificationconf` hands out.
struct InstanceFile {
    std::string instance;
    int version = 6;
    Octets shared_parameters;
};

/// A verified configuration. Replaced whole; a message uses one snapshot for all its checks.
struct Snapshot {
    std::uint64_t revision = 0;  // grows with every change of content
    std::shared_ptr<const x509::Trust> trust;
    registry::PrivateParameters private_parameters;
    registry::OptionalParameters optional;
    Instant expires{};  // of the own instance
    int version = 6;
    std::vector<InstanceFile> files;
};

class View {
public:
    virtual ~View() = default;
    /// The snapshot in force, expired or not; null before the first one was had.
    virtual std::shared_ptr<const Snapshot> current() const = 0;
    /// The snapshot, when it has not expired at `at`. Faults: `global_conf_outdated`. Rule: global-configuration §2.10.
    Result<std::shared_ptr<const Snapshot>> valid(Instant at) const;
};

/// A view that is given its snapshot; for tests and for replaying recorded messages.
class GivenView : public View {
public:
    std::shared_ptr<const Snapshot> current() const override;
    void set(std::shared_ptr<const Snapshot> snapshot);

private:
    std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace onceway::registry_view

#include "security-server/registry-view/view.hpp"

namespace onceway::registry_view {

Result<std::shared_ptr<const Snapshot>> View::valid(Instant at) const {
    auto snapshot = current();
    if (!snapshot)
        return fault(FaultCode::global_conf_outdated,
                     "Using the global configuration: none has been downloaded yet. Check that the registry answers.");
    if (at > snapshot->expires)
        return fault(FaultCode::global_conf_outdated,
                     "Using the global configuration: it expired at " + rfc3339_seconds(snapshot->expires) +
                         ". Check the connection to the registry and this machine's clock.");
    return snapshot;
}

std::shared_ptr<const Snapshot> GivenView::current() const { return snapshot_; }

void GivenView::set(std::shared_ptr<const Snapshot> snapshot) { snapshot_ = std::move(snapshot); }

}  // namespace onceway::registry_view

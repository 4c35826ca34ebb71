// How far one message of another server has come.
#pragma once

#include "schemas/message/facts.hpp"
#include "schemas/message/http_head.hpp"
#include "security-server/access/state.hpp"
#include "security-server/provider/admission.hpp"
#include "security-server/provider/envelope.hpp"
#include "security-server/registry-view/view.hpp"
#include "security-server/transport/errand.hpp"

#include <memory>

namespace onceway::provider {

struct Visit {
    transport::Errand errand;
    Envelope envelope{};
    std::shared_ptr<const registry_view::Snapshot> snapshot{};
    std::shared_ptr<const access::State> state{};
    message::Facts facts{};
    const access::Client* owner = nullptr;  // of the service
    Admission admission{};
    message::Fields fields{};  // of the HTTP answer, once it is begun, besides those that every answer has
    bool answering = false;    // a genuine server has begun its multipart by now: faults are late ones
};

}  // namespace onceway::provider

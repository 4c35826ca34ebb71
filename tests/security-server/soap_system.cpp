#include "tests/security-server/soap_system.hpp"

#include <doctest/doctest.h>

namespace onceway::tests {

Result<channel::FetchAnswer> ask_as_system(World& world, const SystemQuestion& question) {
    message::Fields fields = question.more;
    if (!question.type.empty()) fields.emplace_back("Content-Type", question.type);
    channel::FetchRequest request{
        .method = question.method,
        .url = {.tls = false, .host = "127.0.0.1", .port = world.consumer_door->port(), .target = question.target},
        .fields = std::move(fields),
        .body = question.envelope,
        .tls = nullptr,
        .most = 64 * 1024 * 1024};
    return run(channel::fetch(std::move(request)));
}

WireFault fault_of(const channel::FetchAnswer& answer) {
    CHECK(answer.status == 200);
    auto read = message::read_soap_fault(answer.body);
    if (!read || !*read) return {"none", {}, {}, {}};
    CHECK(message::field(answer.fields, "Content-Type").value_or("absent") == "text/xml;charset=utf-8");
    CHECK(message::field(answer.fields, "SOAPAction").value_or("absent") == "");
    return **read;
}

}  // namespace onceway::tests

#include "security-server/provider/rest_call.hpp"

#include "certs/channel/client.hpp"
#include "security-server/transport/places.hpp"

namespace onceway::provider {
namespace {

bool carries_body(std::string_view verb) { return verb == "POST" || verb == "PUT" || verb == "PATCH"; }
bool has_body(int status, std::string_view verb) {
    return verb != "HEAD" && status != 204 && status != 205 && status != 304;
}

}  // namespace

Result<channel::Url> call_address(const access::Service& service, const identity::RestTarget& target) {
    auto url = written_address(service);
    if (!url) return url.error();
    if (url->target.find('?') != std::string::npos)
        return fault(FaultCode::service_malformed_url,
                     "The address of the service '" + service.code + "' holds a query; a path cannot follow it.");
    if (url->target.ends_with('/') && target.path.starts_with('/')) url->target.pop_back();
    url->target += target.path;
    if (target.has_query) url->target += '?' + target.query;
    return url;
}

Result<channel::Url> RestCall::address(const access::Service& service) const {
    return call_address(service, request_.parsed);
}

std::string RestCall::head(const channel::Url& url) const {
    message::Fields fields;
    fields.reserve(request_.fields.size() + 1);
    for (const auto& [name, value] : request_.fields) fields.emplace_back(name, message::to_latin1(value));
    fields.emplace_back("User-Agent", "Onceway/" ONCEWAY_VERSION);
    message::Framing framing;
    if (carries_body(request_.verb))
        framing = {.kind = message::Framing::Kind::length, .length = body_ ? body_->size() : 0};
    return channel::write_request_head(request_.verb, url.target, url.authority(), fields, framing);
}

Async<void> RestCall::write_body(transport::Sink& sink) const {
    if (body_ && carries_body(request_.verb)) {
        auto written = co_await transport::write_payload(sink, *body_);
        if (!written) co_return written.error();
    }
    auto finished = co_await sink.finish();
    co_return finished;
}

Async<void> RestCall::hear(message::ResponseHead head, transport::Source& source) {
    heard_ = {.status = head.status, .reason = std::move(head.reason), .fields = std::move(head.fields), .body = {}};
    const bool keeps_body = has_body(head.status, request_.verb);
    const auto body = keeps_body ? transport::CountedBody::make(house_.spool, house_.body_memory) : nullptr;
    for (;;) {
        auto octets = co_await source.next();
        if (!octets) co_return octets.error();
        if (octets->empty()) break;
        if (!keeps_body) co_return Result<void>{};  // a body where there can be none
        auto kept = co_await body->append(*octets);
        if (!kept) co_return kept.error();
    }
    if (body) {
        body->seal();
        heard_.body = transport::CountedBody::payload(body);
    }
    co_return Result<void>{};
}

}  // namespace onceway::provider

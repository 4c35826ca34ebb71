// SOAP envelopes: what was read once is read the same after an edit of ours, and as the tree of the document says.
#include "schemas/message/fault_document.hpp"
#include "schemas/message/soap.hpp"
#include "schemas/xml/document.hpp"
#include "schemas/xml/encoding.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

namespace {

using namespace onceway;

void demand(bool holds) {
    if (!holds) std::abort();
}

bool same(message::SoapHeader a, message::SoapHeader b) {
    a.request_hash = b.request_hash = std::nullopt;
    return message::check_same_exchange(a, b).has_value() && a.server == b.server &&
           a.protocol_version == b.protocol_version;
}

/// An edit may only fail because the envelope grows beyond its limit.
bool too_large(const Fault& fault) { return fault.code == FaultCode::too_large; }

void hashed(OctetsView input, const message::SoapMessage& read) {
    const Octets digest(64, '\x5a');
    const auto written = message::with_request_hash(input, digest);
    if (!written) return demand(too_large(written.error()));
    demand(message::with_request_hash(input, read, digest).value() == *written);
    const auto again = message::read_soap(*written);
    if (!again) return demand(too_large(again.error()));
    demand(same(again->header, read.header) && again->wrapper == read.wrapper);
    demand(message::check_request_hash(again->header, digest).has_value());
    const auto twice = message::with_request_hash(*written, digest);
    demand(twice && *twice == *written);
}

void answered(OctetsView input, const message::SoapMessage& read) {
    const auto written =
        message::write_soap_answer(input, "<" + read.wrapper + " xmlns=\"\"><a/></" + read.wrapper + ">");
    if (!written) return demand(too_large(written.error()));
    const auto again = message::read_soap(*written);
    if (!again) return demand(too_large(again.error()));
    demand(same(again->header, read.header) && !again->header.request_hash && again->wrapper == read.wrapper);
    const auto found = message::body_parameter(*written, "a");
    demand(found && *found == "");
}

/// The tree tells the same, where it can be built: it reads UTF-8 only, and fewer namespaces.
void as_the_tree_says(OctetsView input, const message::SoapMessage& read) {
    const auto tree = xml::Document::parse(input);
    if (!tree) return;
    const auto header = tree->root().child(message::soap_space, "Header");
    const auto body = tree->root().child(message::soap_space, "Body");
    demand(header && body && body->children().size() == 1);
    const auto id = header->children(message::xroad_space, "id");
    demand(id.size() == 1 && id.front().loose_text() == read.header.id);
    demand(body->children().front().name() == read.wrapper && body->children().front().space() == read.wrapper_space);
}

}  // namespace

ONCEWAY_FUZZ(soap_envelope) {
    const auto read = message::read_soap(input);
    const auto fault = message::read_soap_fault(input);
    (void)message::check_soap_action(input);
    (void)message::body_parameter(input, "serviceCode");
    if (!read) {
        (void)message::with_request_hash(input, Octets(64, 'a'));
        (void)message::write_soap_answer(input, "<a/>");
        return;
    }
    demand(fault && fault->has_value() == read->fault.has_value());
    if (read->fault) return;
    hashed(input, *read);
    answered(input, *read);
    as_the_tree_says(input, *read);
}

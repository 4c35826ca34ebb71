// Another member's security server, as the provider's side meets it: asks in SOAP over port 5500 and takes the answer
// apart.
#pragma once

#include "schemas/message/soap.hpp"
#include "security-server/transport/incoming.hpp"
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/soap_messages.hpp"

#include <optional>
#include <string>
#include <vector>

namespace onceway::tests {

struct Attached {
    std::string type, octets;
    message::Fields headers{};
    bool operator==(const Attached&) const = default;
};

/// A question with everything that an honest server sends; a test changes what it is about.
struct PeerQuestion {
    std::string envelope = soap_request();
    std::string type = "text/xml; charset=UTF-8";  // of the SOAP part
    message::Fields headers{};                     // of the SOAP part
    std::vector<Attached> attachments{};
    std::optional<std::string> original_type = "text/xml; charset=UTF-8";
    std::optional<std::string> soap_action = R"("urn:permit")";
    std::string version = "7.8.0";  // empty: the header is left out
    bool has_request_id = true;
    message::Fields more{};  // of the HTTP head
    /// Changes the multipart behind the signature's back.
    std::function<void(std::string&)> alter{};
};

/// What came back: a message, or a fault, early or late.
struct PeerReply {
    int status = 0;
    message::Fields fields;
    std::string body;
    std::optional<transport::Message> message;
    std::optional<message::SoapMessage> soap;
    std::optional<WireFault> fault;
    std::string fault_document;
    bool late = false;

    std::string code() const { return fault ? fault->code : "none"; }
    std::string field(std::string_view name) const;  // in exactly this spelling
    std::vector<Attached> attachments() const;
};

/// A world in which ZA/GOV/202/roads offers the SOAP service getPermit, version v1, and the client may call it.
class ProviderWorld : public World {
public:
    ProviderWorld();
    explicit ProviderWorld(Wishes wishes);

    /// Asks the provider's server.
    PeerReply ask(const PeerQuestion& question = {});
    /// What the information system says: an envelope, with the type of plain SOAP.
    void answer_with_envelope(std::string envelope, int status = 200, std::string type = "text/xml; charset=UTF-8");
    access::Service& service(access::Client& owner) { return owner.services.back(); }
    /// Changes the SOAP service.
    void change_service(const std::function<void(access::Service&)>& change);
    std::string service_address() const;
    /// The information system behind a door with TLS besides. Close it before the world ends.
    std::unique_ptr<channel::Listener> open_service_over_tls(const Certified& own);
};

}  // namespace onceway::tests

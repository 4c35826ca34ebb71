#include "security-server/transport/message.hpp"

#include "certs/keys/digest.hpp"

namespace onceway::transport {

Message Message::of(std::string_view type, Octets part, std::shared_ptr<channel::Payload> body) {
    Message message;
    message.type = type;
    message.part_sha512 = keys::sha512(part);
    message.part = std::move(part);
    message.body = std::move(body);
    return message;
}

const std::vector<Octets>& Message::ocsp_answers() const {
    static const std::vector<Octets> none;
    return ocsp ? *ocsp : none;
}

std::vector<Octets> Message::digests() const {
    std::vector<Octets> all{part_sha512};
    if (body) all.push_back(body->sha512());
    return all;
}

std::vector<signature::SignedPart> Message::signed_parts() const {
    std::vector<signature::SignedPart> all{{"/message.xml", part_sha512, part}};
    if (body) all.push_back({"/attachment1", body->sha512(), {}});
    return all;
}

Octets Message::request_hash() const { return body ? keys::sha512(part_sha512 + body->sha512()) : part_sha512; }

std::uint64_t Message::octets() const { return part.size() + (body ? body->size() : 0); }

}  // namespace onceway::transport

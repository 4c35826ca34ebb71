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

Message Message::soap(std::string type, Octets envelope) {
    Message message;
    message.language = message::Language::soap;
    message.type = std::move(type);
    message.part_sha512 = keys::sha512(envelope);
    message.part = std::move(envelope);
    return message;
}

const std::vector<Octets>& Message::ocsp_answers() const {
    static const std::vector<Octets> none;
    return ocsp ? *ocsp : none;
}

std::vector<Octets> Message::digests() const {
    std::vector<Octets> all{part_sha512};
    if (body)
        for (const auto& part : body->parts()) all.push_back(part.sha512);
    return all;
}

std::vector<signature::SignedPart> Message::signed_parts() const {
    std::vector<signature::SignedPart> all{{"/message.xml", part_sha512, part}};
    if (body)
        for (const auto& part : body->parts())
            all.push_back({"/attachment" + std::to_string(all.size()), part.sha512, {}});
    return all;
}

Octets Message::request_hash() const {
    if (language == message::Language::soap || !body) return part_sha512;
    return keys::sha512(part_sha512 + body->sha512());
}

std::uint64_t Message::octets() const { return part.size() + (body ? body->size() : 0); }

}  // namespace onceway::transport

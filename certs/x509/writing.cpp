#include "certs/x509/writing.hpp"

#include "certs/keys/der.hpp"
#include "certs/keys/signature_identifier.hpp"
#include "certs/x509/name.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace onceway::x509 {
namespace {

namespace der = keys::der;

void append_arc(Octets& octets, std::uint64_t arc) {
    Octets group(1, static_cast<char>(arc & 0x7f));
    while (arc >>= 7) group.insert(0, 1, static_cast<char>(0x80 | (arc & 0x7f)));
    octets += group;
}

bool is_printable_string(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::string_view(" '()+,-./:=?").find(c) != std::string_view::npos;
    });
}

// PrintableString where the reference asks for it and the value allows it.
Octets attribute_value(std::string_view type, std::string_view value) {
    const bool printable = (type == "C" || type == "serialNumber") && is_printable_string(value);
    return der::element(printable ? der::printable_string : der::utf8_string, value);
}

Octets ip_octets(const std::string& address) {
    char room[16];
    if (inet_pton(AF_INET, address.c_str(), room) == 1) return Octets(room, 4);
    if (inet_pton(AF_INET6, address.c_str(), room) == 1) return Octets(room, 16);
    return {};
}

bool is_dns_name(std::string_view name) {
    return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
               c == '_';
    });
}

}  // namespace

Octets oid(std::string_view dotted) {
    Octets content;
    std::uint64_t first = 0;
    for (int position = 0; !dotted.empty(); ++position) {
        std::uint64_t arc = 0;
        const auto [end, error] = std::from_chars(dotted.data(), dotted.data() + dotted.size(), arc);
        if (error != std::errc()) throw std::invalid_argument("not a dotted object identifier");
        dotted.remove_prefix(static_cast<std::size_t>(end - dotted.data()));
        if (dotted.starts_with('.')) dotted.remove_prefix(1);
        if (position == 0)
            first = arc;
        else
            append_arc(content, position == 1 ? first * 40 + arc : arc);
    }
    return der::element(der::object_identifier, content);
}

Result<Octets> write_name(const Subject& subject) {
    Octets relative_names;
    for (const auto& [type, value] : subject) {
        const auto dotted = dotted_oid(type);
        if (!dotted)
            return fault(FaultCode::invalid_argument, "Writing a subject: the attribute '" + type + "' is not known");
        if (value.empty() || !is_utf8(value))
            return fault(FaultCode::invalid_argument, "Writing a subject: '" + type + "' is empty or not UTF-8");
        const Octets pair = der::element(der::sequence, {oid(*dotted), attribute_value(type, value)});
        relative_names += der::element(der::set, pair);
    }
    return der::element(der::sequence, relative_names);
}

Octets extension(std::string_view dotted, bool critical, OctetsView value) {
    const Octets flag = critical ? der::element(der::boolean, "\xff") : Octets();
    return der::element(der::sequence, {oid(dotted), flag, der::element(der::octet_string, value)});
}

Octets write_key_usage(const std::vector<int>& bits, bool critical) {
    int usage = 0, last = 0;
    for (const int bit : bits) {
        usage |= 0x80 >> bit;
        last = std::max(last, bit);
    }
    const Octets content{static_cast<char>(7 - last), static_cast<char>(usage)};
    return extension("2.5.29.15", critical, der::element(der::bit_string, content));
}

Result<Octets> alternative_names(const std::vector<std::string>& addresses) {
    Octets names;
    for (const std::string& address : addresses) {
        if (const Octets ip = ip_octets(address); !ip.empty())
            names += der::element(der::context(7), ip);
        else if (is_dns_name(address))
            names += der::element(der::context(2), address);
        else
            return fault(FaultCode::invalid_argument,
                         "Writing a subjectAltName: '" + address + "' is no name and no address");
    }
    return extension("2.5.29.17", false, der::element(der::sequence, names));
}

Result<Octets> sign_body(OctetsView body, const keys::PrivateKey& key) {
    const auto algorithm = keys::certificate_algorithm(key);
    auto signature = key.sign(algorithm, body, keys::EcdsaForm::der);
    if (!signature) return signature.error();
    return der::element(der::sequence, {body, keys::identifier_of(algorithm), der::bits(*signature)});
}

}  // namespace onceway::x509

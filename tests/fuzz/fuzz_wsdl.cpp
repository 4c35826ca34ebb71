// A WSDL: its services, and the same document with its addresses hidden, which must declare the same services.
#include "schemas/description/wsdl.hpp"
#include "schemas/xml/document.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(wsdl) {
    const auto services = description::read_wsdl(input);
    const auto masked = description::mask_wsdl_addresses(input);
    if (services && !masked) std::abort();
    if (!masked) return;
    if (masked->find('\0') != Octets::npos) std::abort();

    // Whatever was hidden is hidden, and hiding it again changes nothing.
    const auto again = description::mask_wsdl_addresses(*masked);
    if (again && *again != *masked) std::abort();
    if (const auto document = xml::Document::parse(*masked)) {
        for (const auto& address : document->find("http://schemas.xmlsoap.org/wsdl/soap/", "address"))
            if (address.attribute("location").value_or(std::string(description::hidden_address)) !=
                description::hidden_address)
                std::abort();
    }

    const auto after = description::read_wsdl(*masked);
    if (!services || !after) return;  // the hidden address may be longer, and a start tag then too long
    if (after->size() != services->size()) std::abort();
    for (std::size_t i = 0; i < services->size(); ++i) {
        auto service = services->at(i);
        service.url = after->at(i).url;
        if (service != after->at(i)) std::abort();
    }
}

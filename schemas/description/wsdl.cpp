#include "schemas/description/wsdl.hpp"

#include "schemas/description/bounded_xml.hpp"
#include "schemas/description/shown.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace onceway::description {
namespace {

constexpr std::string_view http_transport = "http://schemas.xmlsoap.org/soap/http";
/// Operations of all ports together: several may offer the same ones.
constexpr std::size_t most_offers = 10 * most_services;
/// Each becomes a node of some hundred octets.
constexpr std::size_t most_marks = 1'000'000;

Fault refused(std::string why) { return fault(FaultCode::invalid_argument, "Reading a WSDL: " + std::move(why)); }
Fault too_much(std::string_view what, std::size_t limit) {
    return fault(FaultCode::too_large, fmt::format("Reading a WSDL: {} (limit {})", what, limit));
}

/// "tns:name" and "name" are both the document's own: nothing is imported that they could mean instead.
std::string local_part(const std::optional<std::string>& qualified) {
    if (!qualified) return {};
    const auto colon = qualified->find(':');
    return colon == std::string::npos ? *qualified : qualified->substr(colon + 1);
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

/// The first child of this local name, whatever its namespace.
std::optional<xml::Element> child_named(const xml::Element& element, std::string_view name) {
    for (const auto& child : element.children())
        if (child.name() == name) return child;
    return std::nullopt;
}

/// The child `name` of the SOAP 1.1 or 1.2 extensions of WSDL.
std::optional<xml::Element> soap_child(const xml::Element& element, std::string_view name) {
    const auto older = element.child(soap11_space, name);
    return older ? older : element.child(soap12_space, name);
}

using ByName = std::map<std::string, xml::Element, std::less<>>;

/// The children `kind` of the document by their names; the first of a name counts.
ByName by_name(const xml::Element& definitions, std::string_view kind) {
    ByName found;
    for (const auto& element : definitions.children(wsdl_space, kind))
        found.try_emplace(element.attribute("name").value_or(""), element);
    return found;
}

/// Titles of operations by port type: `title` in the documentation of each operation. A port type is read once, however
/// many bindings name it.
class Titles {
public:
    explicit Titles(ByName port_types) : port_types_(std::move(port_types)) {}

    std::string of(const std::string& port_type, const std::string& operation) {
        auto read = read_.find(port_type);
        if (read == read_.end()) read = read_.emplace(port_type, read_port_type(port_type)).first;
        const auto title = read->second.find(operation);
        return title == read->second.end() ? "" : title->second;
    }

private:
    using ByOperation = std::map<std::string, std::string>;

    ByOperation read_port_type(const std::string& name) const {
        ByOperation titles;
        const auto port_type = port_types_.find(name);
        if (port_type == port_types_.end()) return titles;
        for (const auto& operation : port_type->second.children(wsdl_space, "operation")) {
            const auto documentation = operation.child(wsdl_space, "documentation");
            const auto title = documentation ? child_named(*documentation, "title") : std::nullopt;
            titles.try_emplace(operation.attribute("name").value_or(""),
                               title ? without_controls(trimmed(title->loose_text())) : "");
        }
        return titles;
    }

    ByName port_types_;
    std::map<std::string, ByOperation> read_;
};

using Operations = std::vector<WsdlService>;

/// The operations of a binding over SOAP and HTTP, without an address yet; none of any other binding.
Result<Operations> read_binding(const xml::Element& binding, Titles& titles) {
    Operations operations;
    const auto soap = soap_child(binding, "binding");
    if (!soap || soap->attribute("transport") != http_transport) return operations;
    const auto port_type = local_part(binding.attribute("type"));
    for (const auto& operation : binding.children(wsdl_space, "operation")) {
        const auto name = operation.attribute("name").value_or("");
        if (name.empty())
            return refused(fmt::format("an operation of the binding '{}' has no name",
                                       shown(binding.attribute("name").value_or(""))));
        WsdlService service{name, {}, titles.of(port_type, name), {}};
        if (const auto version = child_named(operation, "version")) service.version = trimmed(version->loose_text());
        operations.push_back(std::move(service));
    }
    return operations;
}

/// Services by code and version, in the order in which each was seen first.
class Collected {
public:
    Result<void> add(WsdlService service) {
        const auto [place, is_new] = places_.try_emplace({service.code, service.version}, services_.size());
        if (!is_new) {
            services_[place->second] = std::move(service);
            return {};
        }
        services_.push_back(std::move(service));
        if (services_.size() > most_services) return too_much("the document declares too many services", most_services);
        return {};
    }
    std::vector<WsdlService> take() { return std::move(services_); }

private:
    std::map<std::pair<std::string, std::optional<std::string>>, std::size_t> places_;
    std::vector<WsdlService> services_;
};

}  // namespace

Result<std::vector<WsdlService>> read_wsdl(OctetsView document) {
    // 1. It must be a WSDL 1.1 document.
    const auto read_as = wsdl_text(document);
    if (!read_as) return read_as.error();
    if (static_cast<std::size_t>(std::count(read_as->text().begin(), read_as->text().end(), '<')) > most_marks)
        return too_much("the document has too many tags", most_marks);
    const auto parsed = xml::Document::parse(read_as->text(), wsdl_bounds());
    if (!parsed) return parsed.error();
    const auto definitions = parsed->root();
    if (!definitions.is(wsdl_space, "definitions"))
        return refused(
            fmt::format("the document begins with '{}' of namespace '{}', not with 'definitions' of WSDL 1.1",
                        shown(definitions.name()), shown(definitions.space())));

    // 2. Each binding is read once. Many ports may offer it, so what they yield together is bounded too.
    const auto bindings = by_name(definitions, "binding");
    Titles titles(by_name(definitions, "portType"));
    std::map<std::string, Operations, std::less<>> read;
    std::size_t offered = 0;

    // 3. Each port gives its address to the operations of its binding.
    Collected collected;
    for (const auto& service : definitions.children(wsdl_space, "service")) {
        for (const auto& port : service.children(wsdl_space, "port")) {
            const auto name = local_part(port.attribute("binding"));
            const auto binding = bindings.find(name);
            if (binding == bindings.end()) continue;
            if (!read.contains(name)) {
                auto operations = read_binding(binding->second, titles);
                if (!operations) return operations.error();
                read.emplace(name, std::move(*operations));
            }
            const auto address = soap_child(port, "address");
            const auto url = address ? address->attribute("location").value_or("") : "";
            const auto& operations = read.find(name)->second;
            offered += operations.size();
            if (offered > most_offers) return too_much("the ports offer too many operations", most_offers);
            for (auto operation : operations) {
                operation.url = url;
                if (auto added = collected.add(std::move(operation)); !added) return added.error();
            }
        }
    }
    return collected.take();
}

}  // namespace onceway::description

#include "schemas/registry/writing.hpp"

#include "schemas/xml/document.hpp"

#include <fmt/format.h>

namespace onceway::registry {

Writer::Writer(std::string_view root, std::initializer_list<std::pair<std::string_view, std::string_view>> spaces)
    : document_("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"), root_(root) {
    document_ += fmt::format("<{}", root);
    for (const auto& [prefix, uri] : spaces) document_ += fmt::format(" xmlns:{}=\"{}\"", prefix, uri);
    document_ += ">\n";
}

void Writer::indent() { document_.append(depth_ * 4, ' '); }

void Writer::open(std::string_view name, std::string_view attributes) {
    indent();
    document_ += fmt::format("<{}{}>\n", name, attributes);
    ++depth_;
}

void Writer::close(std::string_view name) {
    --depth_;
    indent();
    document_ += fmt::format("</{}>\n", name);
}

void Writer::text(std::string_view name, std::string_view value) {
    indent();
    document_ += fmt::format("<{0}>{1}</{0}>\n", name, xml::escape(value));
}

void Writer::octets(std::string_view name, OctetsView value) {
    indent();
    document_ += fmt::format("<{0}>{1}</{0}>\n", name, to_base64(value));
}

void Writer::client(std::string_view name, const identity::ClientId& client) {
    open(name, client.subsystem ? " id:objectType=\"SUBSYSTEM\"" : " id:objectType=\"MEMBER\"");
    text("id:xRoadInstance", client.instance);
    text("id:memberClass", client.member_class);
    text("id:memberCode", client.member_code);
    if (client.subsystem) text("id:subsystemCode", *client.subsystem);
    close(name);
}

Octets Writer::finish() { return document_ + fmt::format("</{}>\n", root_); }

}  // namespace onceway::registry

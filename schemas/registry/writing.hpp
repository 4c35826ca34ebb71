// How the writers of this folder lay a document out: four spaces, LF, a final LF; the same values give the same octets.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/identity/identifiers.hpp"
#include "schemas/registry/documents.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace onceway::registry {

/// Builds one document. Prefixes "xr" and "id" stand for the configuration's and the identifiers' namespace.
class Writer {
public:
    /// Opens the root with its namespace declarations, prefix and URI each.
    Writer(std::string_view root, std::initializer_list<std::pair<std::string_view, std::string_view>> spaces);

    /// `attributes` as they stand in the tag, each with a blank in front, already escaped.
    void open(std::string_view name, std::string_view attributes = {});
    void close(std::string_view name);
    void text(std::string_view name, std::string_view value);
    void octets(std::string_view name, OctetsView value);  // Base64 on one line
    /// A member or subsystem identifier with its type.
    void client(std::string_view name, const identity::ClientId& client);
    /// Closes the root and gives the document.
    Octets finish();

private:
    void indent();
    std::string document_;
    std::string root_;
    std::size_t depth_ = 1;
};

/// What stands inside an anchor, at its root or in private parameters.
void write_anchor_content(Writer& writer, const Anchor& anchor);

}  // namespace onceway::registry

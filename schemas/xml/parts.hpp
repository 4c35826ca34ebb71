// What the sources of this folder share and nobody else includes: libxml2's types by name only, and who frees them.
#pragma once

#include "schemas/xml/document.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

struct _xmlDoc;
struct _xmlNode;

namespace onceway::xml {

struct FreesTree {
    void operator()(_xmlDoc* tree) const noexcept;
};
using Tree = std::unique_ptr<_xmlDoc, FreesTree>;

struct Document::Parts {
    Tree tree;
    /// Own id index, made at the first question; the library's is never asked.
    bool indexed = false;
    std::unordered_map<std::string, std::vector<_xmlNode*>> ids;
    void index();
};

/// The way between an Element and the library's node.
struct Gate {
    static Element element(_xmlNode* node) { return Element(node); }
    static _xmlNode* node(const Element& element) { return static_cast<_xmlNode*>(element.node_); }
};

/// Sets the library up once for the process (no outside entity is ever loaded) and once for the thread (complaints are
/// kept instead of printed). Called before every use.
void make_ready();

/// What the library said last on this thread; cleared by `forget_complaint`.
const std::string& complaint();
void forget_complaint();
void keep_complaint(const char* text, int line);

/// While one lives, schema imports on this thread are answered from `texts`, by whole location or by its last segment.
class AllowedTexts {
public:
    explicit AllowedTexts(const std::vector<std::pair<std::string, Octets>>& texts);
    ~AllowedTexts();
    AllowedTexts(const AllowedTexts&) = delete;
    AllowedTexts& operator=(const AllowedTexts&) = delete;
};

}  // namespace onceway::xml

// The paths of an OpenAPI document, as endpoints; and the warnings that people see before they use it.
#pragma once

#include "schemas/description/tree.hpp"

namespace onceway::description {

/// Sentences for people; the first hundred are kept, and how many more there were.
class Warnings {
public:
    void add(std::string sentence);
    std::vector<std::string> take() &&;

private:
    std::vector<std::string> kept_;
    std::size_t more_ = 0;
};

/// The names in braces: "id" of "/pets/{id}".
std::vector<std::string_view> variables_in(std::string_view text);

/// `path` as a right has it: in each segment, what reaches from the first '{' to the last '}' becomes one '*'.
/// Rule: server-services §2.4.
std::string generalised(std::string_view path);

/// The endpoints of `paths`, a map of `document`. Faults: `invalid_argument`, `too_large`.
Result<std::vector<Endpoint>> read_paths(const Value& document, const Value& paths, Warnings& warnings);

}  // namespace onceway::description

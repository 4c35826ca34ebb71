#include "schemas/description/paths.hpp"

#include "schemas/description/shown.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace onceway::description {
namespace {

constexpr std::size_t most_warnings = 100;
/// Entries looked at in all: aliases let one path item stand below every path.
constexpr std::size_t most_steps = 2'000'000;

constexpr std::array<std::string_view, 8> operations{"get",  "put",     "post",  "delete",
                                                     "head", "options", "patch", "trace"};
constexpr std::array<std::string_view, 5> other_fields{"summary", "description", "servers", "parameters", "$ref"};

template <std::size_t size>
bool holds(const std::array<std::string_view, size>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string upper(std::string_view text) {
    std::string upper(text);
    for (auto& c : upper)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return upper;
}

Fault too_much(std::string_view what, std::size_t limit) {
    return fault(FaultCode::too_large, fmt::format("Reading an OpenAPI description: {} (limit {})", what, limit));
}

class PathReader {
public:
    PathReader(const Value& document, Warnings& warnings) : warnings_(warnings) {
        const auto components = document.find("components");
        const auto parameters = components ? components->find("parameters") : std::nullopt;
        if (!parameters || !parameters->is(Kind::map)) return;
        for (std::size_t index = 0; index < parameters->size(); ++index)
            shared_.try_emplace("#/components/parameters/" + std::string(parameters->key(index).text()),
                                parameters->item(index));
    }

    Result<std::vector<Endpoint>> read(const Value& paths) {
        for (std::size_t index = 0; index < paths.size(); ++index) {
            const auto path = paths.key(index).text();
            if (path.starts_with("x-")) continue;
            if (auto read = read_item(path, paths.item(index)); !read) return read.error();
        }
        return std::move(endpoints_);
    }

private:
    /// Names of the path parameters that an item or operation declares; `unknown` when one of them is not in the
    /// document.
    struct Declared {
        std::set<std::string_view> names;
        bool unknown = false;
    };

    Result<void> step(std::size_t count) {
        steps_ += count + 1;
        if (steps_ > most_steps) return too_much("the paths repeat too much", most_steps);
        return {};
    }

    Result<void> read_item(std::string_view path, const Value& item) {
        if (!is_callable(path)) return {};
        if (!item.is(Kind::map)) {
            warnings_.add(fmt::format("The path '{}' is {} where a map is needed; it was left out.", shown(path),
                                      name_of(item.kind())));
            return {};
        }
        if (item.find("$ref"))
            warnings_.add(fmt::format("The path '{}' refers elsewhere ($ref), which is not followed.", shown(path)));
        Declared shared;
        if (auto declared = declare(item, shared); !declared) return declared;
        if (auto counted = step(item.size()); !counted) return counted;
        for (std::size_t index = 0; index < item.size(); ++index) {
            const auto field = item.key(index).text();
            if (holds(operations, field)) {
                if (auto read = read_operation(path, field, item.item(index), shared); !read) return read;
            } else if (!holds(other_fields, field) && !field.starts_with("x-")) {
                warnings_.add(fmt::format("The path '{}' has '{}', which is no operation; it was left out.",
                                          shown(path), shown(field)));
            }
        }
        return {};
    }

    /// Says why when a right on this path could never match, or would match more than the path.
    bool is_callable(std::string_view path) {
        if (!path.starts_with('/')) {
            warnings_.add(fmt::format("The path '{}' does not begin with '/'; it was left out.", shown(path)));
            return false;
        }
        if (path.find_first_of("?#") != std::string_view::npos) {
            warnings_.add(
                fmt::format("The path '{}' holds '?' or '#', which no path does; it was left out.", shown(path)));
            return false;
        }
        if (without_controls(path) != path) {
            warnings_.add(fmt::format("The path '{}' holds control characters; it was left out.", shown(path)));
            return false;
        }
        if (path.find('*') != std::string_view::npos)
            warnings_.add(fmt::format("The path '{}' holds '*', which stands for any text in a right.", shown(path)));
        return true;
    }

    Result<void> read_operation(std::string_view path, std::string_view method, const Value& operation,
                                Declared declared) {
        if (!operation.is(Kind::map)) {
            warnings_.add(fmt::format("{} {} is {} where a map is needed; it was left out.", upper(method), shown(path),
                                      name_of(operation.kind())));
            return {};
        }
        if (auto own = declare(operation, declared); !own) return own;
        for (const auto name : variables_in(path))
            if (!declared.unknown && !declared.names.contains(name))
                warnings_.add(fmt::format("{} {}: the path parameter '{}' is not declared.", upper(method), shown(path),
                                          shown(name)));
        Endpoint endpoint{upper(method), generalised(path)};
        if (!known_.insert(endpoint).second) {
            warnings_.add(fmt::format("{} {} is the same endpoint as another path: {}.", endpoint.method, shown(path),
                                      shown(endpoint.path)));
            return {};
        }
        endpoints_.push_back(std::move(endpoint));
        if (endpoints_.size() > most_services)
            return too_much("the document declares too many endpoints", most_services);
        return {};
    }

    /// Adds the path parameters of `holder`. A reference leads at most one step, and only within the document.
    Result<void> declare(const Value& holder, Declared& declared) {
        const auto parameters = holder.find("parameters");
        if (!parameters || !parameters->is(Kind::list)) return {};
        if (auto counted = step(parameters->size()); !counted) return counted;
        for (std::size_t index = 0; index < parameters->size(); ++index) {
            auto parameter = parameters->item(index);
            if (auto counted = step(parameter.size()); !counted) return counted;
            if (const auto reference = parameter.find("$ref")) {
                const auto found = shared_.find(reference->text());
                if (found != shared_.end()) parameter = found->second;
                if (found == shared_.end() || parameter.find("$ref")) declared.unknown = true;
            }
            const auto place = parameter.find("in");
            const auto name = parameter.find("name");
            if (place && name && place->text() == "path") declared.names.insert(name->text());
        }
        return {};
    }

    Warnings& warnings_;
    std::map<std::string, Value, std::less<>> shared_;  // parameters of the components, by reference
    std::set<Endpoint> known_;
    std::vector<Endpoint> endpoints_;
    std::size_t steps_ = 0;
};

}  // namespace

void Warnings::add(std::string sentence) {
    if (kept_.size() < most_warnings)
        kept_.push_back(std::move(sentence));
    else
        ++more_;
}

std::vector<std::string> Warnings::take() && {
    if (more_ > 0) kept_.push_back(fmt::format("There are {} more warnings.", more_));
    return std::move(kept_);
}

std::vector<std::string_view> variables_in(std::string_view text) {
    std::vector<std::string_view> names;
    for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
        const auto close = text.find_first_of("{}/", open + 1);
        if (close != std::string_view::npos && text[close] == '}')
            names.push_back(text.substr(open + 1, close - open - 1));
    }
    return names;
}

std::string generalised(std::string_view path) {
    std::string pattern;
    for (;;) {
        const auto slash = path.find('/');
        const auto segment = path.substr(0, slash);
        const auto open = segment.find('{');
        const auto close = segment.rfind('}');
        if (open != std::string_view::npos && close != std::string_view::npos && open < close)
            pattern.append(segment.substr(0, open)).append("*").append(segment.substr(close + 1));
        else
            pattern.append(segment);
        if (slash == std::string_view::npos) return pattern;
        pattern += '/';
        path.remove_prefix(slash + 1);
    }
}

Result<std::vector<Endpoint>> read_paths(const Value& document, const Value& paths, Warnings& warnings) {
    return PathReader(document, warnings).read(paths);
}

}  // namespace onceway::description

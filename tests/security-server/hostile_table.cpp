#include "tests/security-server/hostile_table.hpp"

#include "schemas/base/bytes.hpp"
#include "schemas/store/database.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace onceway::tests {

std::vector<HostileRow> hostile_rows(const std::string& name, std::size_t columns) {
    const auto path = std::string(ONCEWAY_SOURCE_DIR) + "/tests/corpus/" + name;
    const auto octets = store::read_whole(path, 1024 * 1024);
    if (!octets) throw std::runtime_error(octets.error().detail);
    std::vector<HostileRow> rows;
    for (OctetsView rest = *octets; !rest.empty();) {
        const auto end = std::min(rest.find('\n'), rest.size());
        auto line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty() || line.front() == '#') continue;
        const auto whole = std::string(line) + (line.ends_with(" |") ? " " : "");  // the last column may be empty
        line = whole;
        HostileRow row;
        while (row.size() + 1 < columns) {
            const auto bar = line.find(" | ");
            if (bar == std::string_view::npos)
                throw std::runtime_error(fmt::format("{}: too few columns: {}", name, line));
            row.emplace_back(line.substr(0, bar));
            line.remove_prefix(bar + 3);
        }
        row.emplace_back(line);
        rows.push_back(std::move(row));
    }
    return rows;
}

namespace {

std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char next = text[++i];
        if (next == 'r') out += '\r';
        if (next == 'n') out += '\n';
        if (next == 't') out += '\t';
        if (next == '\\') out += '\\';
        if (next != 'x') continue;
        out += (*from_hex(text.substr(i + 1, 2)))[0];
        i += 2;
    }
    return out;
}

std::string repeated(std::size_t times, std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

/// The same with the number of each in place of every `#`.
std::string numbered(std::size_t times, std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i)
        for (const char c : text) c == '#' ? out += std::to_string(i) : out += c;
    return out;
}

/// What stands for `name` between braces; the braces and the name themselves when nothing does.
std::string meaning(const std::string& name, const Wording& door) {
    const auto colon = name.find(':');
    const auto number = [&](std::size_t from) { return std::stoul(name.substr(from)); };
    if (name == "T") return door.target;
    if (name == "F") return door.fields;
    if (name == "H") return " HTTP/1.1\r\nHost: h\r\n" + door.fields;
    if (name == "B") return door.body;
    if (name == "L") return std::to_string(door.body.size());
    if (name == "X") return fmt::format("{:x}", door.body.size());
    if (name.starts_with('*') && colon != std::string::npos) return repeated(number(1), name.substr(colon + 1));
    if (name.starts_with('#') && colon != std::string::npos) return numbered(number(1), name.substr(colon + 1));
    std::string out;
    if (name == "ones")
        for (const char c : door.body) out += std::string("1\r\n") + c + "\r\n";
    if (name.starts_with("fields:"))
        for (std::size_t i = 0; i < number(7); ++i) out += fmt::format("F{}: v\r\n", i);
    return out.empty() ? '{' + name + '}' : out;
}

}  // namespace

std::string expanded(std::string_view row, const Wording& door) {
    const auto text = unescaped(row);
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const auto close = text[i] == '{' ? text.find('}', i) : std::string::npos;
        if (close == std::string::npos) {
            out += text[i++];
            continue;
        }
        out += meaning(text.substr(i + 1, close - i - 1), door);
        i = close + 1;
    }
    // The head is made as long as `{pad:N}` says, the empty line included.
    const auto pad = out.find("{pad:");
    if (pad == std::string::npos) return out;
    const auto close = out.find('}', pad);
    const auto wanted = std::stoul(out.substr(pad + 5));
    out.erase(pad, close + 1 - pad);
    out.insert(pad, wanted - (out.find("\r\n\r\n") + 4), 'p');
    return out;
}

}  // namespace onceway::tests

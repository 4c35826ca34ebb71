#include "security-server/access/rights.hpp"

#include "schemas/base/bytes.hpp"

#include <algorithm>

namespace onceway::access {
namespace {

/// One step of a pattern.
struct Token {
    enum class Kind { literal, segment, anything } kind;
    char octet = 0;
};

std::vector<Token> tokens_of(std::string_view pattern) {
    std::vector<Token> tokens;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
        if (pattern[i] == '\\' && (next == '*' || next == '\\')) {
            tokens.push_back({Token::Kind::literal, next});
            ++i;
        } else if (pattern[i] == '*' && next == '*') {
            while (i + 1 < pattern.size() && pattern[i + 1] == '*') ++i;
            tokens.push_back({Token::Kind::anything});
        } else if (pattern[i] == '*') {
            tokens.push_back({Token::Kind::segment});
        } else {
            tokens.push_back({Token::Kind::literal, pattern[i]});
        }
    }
    return tokens;
}

}  // namespace

// `*` takes every octet up to the next slash and gives none back, so from a given start a run of tokens between two
// `**` ends at one place, and a later start never ends earlier. The first start that fits is therefore the best for all
// but the last run, and only the latest `**` is ever tried again.
bool path_matches(std::string_view pattern, std::string_view path) {
    const auto tokens = tokens_of(pattern);
    std::size_t token = 0, at = 0;
    std::optional<std::size_t> retry_token;
    std::size_t retry_at = 0;
    for (;;) {
        if (token == tokens.size()) {
            if (at == path.size()) return true;
        } else if (tokens[token].kind == Token::Kind::anything) {
            retry_token = ++token;
            retry_at = at;
            continue;
        } else if (tokens[token].kind == Token::Kind::segment) {
            at = std::min(path.find('/', at), path.size());
            ++token;
            continue;
        } else if (at < path.size() && path[at] == tokens[token].octet) {
            ++at;
            ++token;
            continue;
        }
        if (!retry_token || retry_at == path.size()) return false;
        token = *retry_token;
        at = ++retry_at;
    }
}

bool method_matches(std::string_view pattern, std::string_view method) {
    return pattern == "*" || same_ignoring_case(pattern, method);
}

bool means(const Subject& subject, const identity::ClientId& caller, const Client& owner, const x509::Trust& trust) {
    switch (subject.kind) {
        case Subject::Kind::client:
            return subject.client == caller;
        case Subject::Kind::global_group:
            return trust.in_group(caller, subject.instance, subject.group);
        case Subject::Kind::local_group:
            return std::ranges::any_of(owner.groups, [&](const LocalGroup& group) {
                return group.code == subject.group && std::ranges::find(group.members, caller) != group.members.end();
            });
    }
    return false;
}

const Right* right_for(const Client& owner, const identity::ClientId& caller, std::string_view service_code,
                       std::string_view method, const ServicePath& path, const x509::Trust& trust) {
    const auto opens = [&](const Right& right) {
        return right.service_code == service_code && method_matches(right.method, method) &&
               path_matches(right.path, path.decoded()) && means(right.subject, caller, owner, trust);
    };
    const auto found = std::ranges::find_if(owner.rights, opens);
    return found == owner.rights.end() ? nullptr : &*found;
}

bool may_call(const Client& owner, const identity::ClientId& caller, std::string_view service_code,
              std::string_view method, const ServicePath& path, const x509::Trust& trust) {
    return right_for(owner, caller, service_code, method, path, trust) != nullptr;
}

}  // namespace onceway::access

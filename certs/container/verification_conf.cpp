#include "certs/container/asic.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/registry/documents.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace onceway::container {
namespace {

namespace fs = std::filesystem;

constexpr int oldest_version = 2, newest_version = 6;

Result<Octets> read_file(const fs::path& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (error) return fault(FaultCode::io_error, fmt::format("Reading {}: {}", path.string(), error.message()));
    if (size > limits::configuration_part_octets)
        return fault(FaultCode::too_large,
                     fmt::format("{} has {} octets, more than a configuration may have", path.string(), size));
    std::ifstream file(path, std::ios::binary);
    Octets octets{std::istreambuf_iterator<char>(file), {}};
    if (!file.good() && !file.eof()) return fault(FaultCode::io_error, fmt::format("Reading {} failed", path.string()));
    return octets;
}

std::string trimmed(std::string text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && blank(text.back())) text.pop_back();
    text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), blank));
    return text;
}

/// What lies beside shared-params.xml. A file that is absent or unreadable means version 2 without an end.
struct Metadata {
    int version = oldest_version;
    std::optional<Instant> expires;
};
Metadata read_metadata(const fs::path& path) {
    Metadata metadata;
    const auto octets = read_file(path);
    boost::json::error_code error;
    const auto value = octets ? boost::json::parse(*octets, error) : boost::json::value();
    if (!octets || error || !value.is_object()) return metadata;
    const auto text = [&](const char* name) -> std::string {
        const auto* field = value.as_object().if_contains(name);
        return field && field->is_string() ? std::string(field->as_string()) : std::string();
    };
    if (const auto version = text("configurationVersion");
        version.size() == 1 && version[0] >= '0' && version[0] <= '9')
        metadata.version = version[0] - '0';
    if (auto expires = parse_rfc3339(text("expirationDate"))) metadata.expires = *expires;
    return metadata;
}

/// None where the genuine verifier would leave the instance out.
Result<std::optional<registry::SharedParameters>> load_instance(const fs::path& folder, const std::string& own,
                                                                Instant now) {
    const fs::path document = folder / "shared-params.xml";
    std::error_code ignored;
    if (!fs::exists(document, ignored)) return std::optional<registry::SharedParameters>{};
    const Metadata metadata = read_metadata(folder / "shared-params.xml.metadata");
    const bool foreign = folder.filename() != own;
    const bool expired = foreign && metadata.expires && *metadata.expires < now;
    if (expired || metadata.version < oldest_version || metadata.version > newest_version)
        return std::optional<registry::SharedParameters>{};
    auto octets = read_file(document);
    if (!octets) return octets.error();
    auto shared = registry::read_shared_parameters(*octets, metadata.version);
    if (!shared) return shared.error();
    return std::optional(std::move(*shared));
}

}  // namespace

Result<std::shared_ptr<const x509::Trust>> load_verification_conf(const fs::path& folder, Instant now) {
    auto identifier = read_file(folder / "instance-identifier");
    if (!identifier) {
        identifier.error().detail = fmt::format(
            "Opening the verification configuration in {}: the file instance-identifier cannot be read. Give the "
            "unpacked folder 'verificationconf' of a security server",
            folder.string());
        return identifier.error();
    }
    const std::string own = trimmed(std::move(*identifier));

    std::vector<fs::path> folders;
    std::error_code error;
    for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error))
        if (each->is_directory()) folders.push_back(each->path());
    std::sort(folders.begin(), folders.end());

    std::vector<registry::SharedParameters> instances;
    for (const auto& each : folders) {
        auto shared = load_instance(each, own, now);
        if (!shared) return shared.error();
        if (*shared) instances.push_back(std::move(**shared));
    }
    const auto is_own = [&](const auto& each) { return each.instance == own; };
    if (std::none_of(instances.begin(), instances.end(), is_own))
        return fault(
            FaultCode::malformed_global_conf,
            fmt::format("The verification configuration in {} holds no shared parameters of its own instance '{}'",
                        folder.string(), own.substr(0, 100)));
    return x509::Trust::build(own, std::move(instances));
}

}  // namespace onceway::container

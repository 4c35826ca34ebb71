#include "security-server/registry-view/store.hpp"

#include "certs/keys/digest.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/store/database.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <set>

namespace onceway::registry_view {
namespace {

namespace json = boost::json;
constexpr std::string_view format_name = "onceway-configuration/1";

std::filesystem::path manifest_in(const std::filesystem::path& folder) { return folder / "manifest.json"; }

json::object write_part(const registry::DirectoryPart& part) {
    return {{"identifier", part.identifier},
            {"instance", part.instance},
            {"location", part.location},
            {"digest_uri", part.digest_uri},
            {"digest", to_hex(part.digest)}};
}

std::string text_of(const json::object& object, std::string_view key) {
    const auto& value = object.at(key).as_string();
    return {value.data(), value.size()};
}

/// The manifest as a directory without its signature. Throws what Boost.JSON throws when the shape is another.
struct Manifest {
    std::string instance;
    registry::Directory directory;
};
Result<Manifest> read_manifest(OctetsView text) {
    const auto damaged = [](std::string_view why) {
        return fault(FaultCode::malformed_global_conf,
                     fmt::format("Reading the stored configuration: its manifest is damaged ({}).", why));
    };
    try {
        const auto object = json::parse(text).as_object();
        if (text_of(object, "format") != format_name) return damaged("another format");
        Manifest manifest{text_of(object, "instance"), {}};
        const auto expires = parse_rfc3339(text_of(object, "expires"));
        if (!expires) return expires.error();
        manifest.directory.expires = *expires;
        manifest.directory.version = static_cast<int>(object.at("version").as_int64());
        for (const auto& entry : object.at("parts").as_array()) {
            const auto& part = entry.as_object();
            const auto digest = from_hex(text_of(part, "digest"));
            if (!digest) return digest.error();
            manifest.directory.parts.push_back({text_of(part, "identifier"), text_of(part, "instance"),
                                                text_of(part, "location"), text_of(part, "digest_uri"), *digest});
        }
        return manifest;
    } catch (const std::exception& error) {
        return damaged(error.what());
    }
}

}  // namespace

Store::Store(std::filesystem::path folder) : folder_(std::move(folder)) {}

std::filesystem::path Store::file_of(const registry::DirectoryPart& listed) const {
    return folder_ / (to_hex(keys::sha256(listed.digest_uri + '\n' + listed.digest)).substr(0, 40) + ".part");
}

Result<std::optional<Configuration>> Store::load() const {
    if (!std::filesystem::exists(manifest_in(folder_))) return std::optional<Configuration>{};
    const auto text = store::read_whole(manifest_in(folder_), limits::configuration_directory_octets);
    if (!text) return text.error();
    const auto manifest = read_manifest(*text);
    if (!manifest) return manifest.error();
    std::map<std::string, Octets> parts;
    for (const auto& listed : manifest->directory.parts) {
        auto octets = store::read_whole(file_of(listed), limits::configuration_part_octets);
        if (!octets) return octets.error();
        parts.emplace(listed.location, std::move(*octets));
    }
    auto whole = verify_parts(manifest->directory, manifest->instance, std::move(parts));
    if (!whole) return whole.error();
    return std::optional<Configuration>(std::move(*whole));
}

Result<void> Store::keep(const Configuration& configuration) {
    std::error_code ignored;
    std::filesystem::create_directories(folder_, ignored);  // write_whole says what is wrong, if anything
    std::vector<registry::DirectoryPart> listed;
    for (const auto& part : configuration.parts) {
        if (auto written = store::write_whole(file_of(part.listed), part.octets); !written) return written;
        listed.push_back(part.listed);
    }
    if (auto written = write_manifest(configuration.instance, configuration.expires, configuration.version, listed);
        !written)
        return written;
    sweep(listed);
    return {};
}

std::optional<Octets> Store::part(const registry::DirectoryPart& listed) const {
    if (!std::filesystem::exists(file_of(listed))) return std::nullopt;
    auto octets = store::read_whole(file_of(listed), limits::configuration_part_octets);
    if (!octets || !verify_part(listed, *octets)) return std::nullopt;
    return std::move(*octets);
}

Result<void> Store::extend(const registry::Directory& directory) {
    const auto text = store::read_whole(manifest_in(folder_), limits::configuration_directory_octets);
    if (!text) return text.error();
    const auto manifest = read_manifest(*text);
    if (!manifest) return manifest.error();
    return write_manifest(manifest->instance, directory.expires, directory.version, directory.parts);
}

Result<void> Store::forget() {
    std::error_code error;
    std::filesystem::remove(manifest_in(folder_), error);
    if (error)
        return fault(FaultCode::io_error,
                     fmt::format("Forgetting the stored configuration in {}: {}.", folder_.string(), error.message()));
    return {};
}

Result<void> Store::write_manifest(const std::string& instance, Instant expires, int version,
                                   const std::vector<registry::DirectoryPart>& parts) const {
    json::array listed;
    for (const auto& part : parts) listed.push_back(write_part(part));
    const json::object manifest{{"format", format_name},
                                {"instance", instance},
                                {"expires", rfc3339(expires)},
                                {"version", version},
                                {"parts", std::move(listed)}};
    return store::write_whole(manifest_in(folder_), json::serialize(manifest));
}

void Store::sweep(const std::vector<registry::DirectoryPart>& parts) const {
    std::set<std::filesystem::path> wanted{manifest_in(folder_)};
    for (const auto& part : parts) wanted.insert(file_of(part));
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored))
        if (!wanted.contains(entry.path())) std::filesystem::remove(entry.path(), ignored);
}

}  // namespace onceway::registry_view

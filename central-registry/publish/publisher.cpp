#include "central-registry/publish/publisher.hpp"

#include "certs/keys/digest.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/log.hpp"
#include "schemas/registry/documents.hpp"
#include "schemas/store/database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace onceway::central {
namespace {

namespace fs = std::filesystem;

constexpr int published_version = 6;
constexpr std::string_view private_file = "private-params.xml", shared_file = "shared-params.xml";
constexpr std::string_view internal_directory = "internalconf", external_directory = "externalconf";

Fault failed(std::string_view doing, const fs::path& path, const std::error_code& error) {
    return fault(FaultCode::io_error, fmt::format("{} {}: {}", doing, path.string(), error.message()));
}

/// Held while one process publishes.
class Alone {
public:
    explicit Alone(const fs::path& file) : file_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        if (file_ >= 0) ::flock(file_, LOCK_EX);
    }
    ~Alone() {
        if (file_ >= 0) ::close(file_);
    }
    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;

private:
    int file_;
};

registry::DirectoryPart part(std::string_view identifier, const std::string& instance, const std::string& folder,
                             std::string_view file, const Octets& content) {
    return {std::string(identifier), instance, fmt::format("/V{}/{}/{}", published_version, folder, file),
            std::string(keys::uri_of(keys::Digest::sha512)), keys::sha512(content)};
}

/// Signs with RSA PKCS#1 or ECDSA in DER form, SHA-512 either way. Rule: global-configuration §2.6.
Result<Octets> signed_directory(const UnlockedKey& key, Instant expires,
                                const std::vector<registry::DirectoryPart>& parts) {
    const auto draft = registry::draft_directory(expires, published_version, parts);
    const auto algorithm = key.key->default_algorithm();
    auto signature = key.key->sign(algorithm, draft.signed_octets, keys::EcdsaForm::der);
    if (!signature) return std::move(signature).error();
    return registry::write_directory(draft, algorithm.uri(), *signature, keys::uri_of(keys::Digest::sha512),
                                     key.certificate.sha512());
}

/// The content folder that a directory names.
std::string folder_of(const registry::Directory& directory) {
    if (directory.parts.empty()) return {};
    return fs::path(directory.parts.front().location).parent_path().filename();
}

}  // namespace

std::string folder_name(Instant at, int attempt) {
    const auto second = std::chrono::floor<std::chrono::seconds>(at);
    const auto nanoseconds = std::chrono::nanoseconds(at - second).count() + attempt;
    auto digits = rfc3339_seconds(second);
    std::erase_if(digits, [](char c) { return c < '0' || c > '9'; });
    return fmt::format("{}{:09}", digits, nanoseconds);
}

Publisher::Publisher(fs::path root, std::chrono::seconds keep)
    : root_(std::move(root)), version_folder_(root_ / fmt::format("V{}", published_version)), keep_(keep) {}

Result<void> Publisher::write_content(const fs::path& folder, const Edition& edition) const {
    auto staged = folder;
    staged += ".new";
    std::error_code error;
    fs::remove_all(staged, error);
    fs::create_directories(staged, error);
    if (error) return failed("Creating", staged, error);
    auto written = store::write_whole(staged / private_file, edition.private_parameters);
    if (written) written = store::write_whole(staged / shared_file, edition.shared_parameters);
    if (written) {
        fs::rename(staged, folder, error);
        if (error) written = failed("Putting in place", folder, error);
    }
    if (!written) fs::remove_all(staged, error);
    return written;
}

Result<void> Publisher::replace_directories(const Octets& internal, const Octets& external) const {
    const auto former = store::read_whole(version_folder_ / external_directory, limits::configuration_directory_octets);
    auto replaced = store::write_whole(version_folder_ / external_directory, external);
    if (!replaced) return replaced;
    replaced = store::write_whole(version_folder_ / internal_directory, internal);
    if (replaced) return replaced;
    // Both or none: the external one goes back to what it was.
    std::error_code ignored;
    if (!former)
        fs::remove(version_folder_ / external_directory, ignored);
    else if (auto back = store::write_whole(version_folder_ / external_directory, *former); !back)
        log::error("publication.not_restored", {{"reason", back.error().detail}});
    return replaced;
}

Result<Published> Publisher::publish(const Edition& edition, const DirectoryKeys& keys, Instant now,
                                     std::chrono::seconds valid) {
    // 1. Alone, and with room to write.
    std::error_code error;
    fs::create_directories(version_folder_, error);
    if (error) return failed("Creating", version_folder_, error);
    const Alone alone(root_ / ".publishing");
    const auto former = current();

    // 2. The content, in a folder of its own that nobody knows yet.
    Published published{folder_name(now), now, now + valid};
    for (int attempt = 1; fs::exists(version_folder_ / published.folder); ++attempt)
        published.folder = folder_name(now, attempt);
    const auto folder = version_folder_ / published.folder;
    if (auto written = write_content(folder, edition); !written) return written.error();

    // 3. Two directories that name it, signed in memory, and then put in place of the former ones.
    const auto shared =
        part("SHARED-PARAMETERS", edition.instance, published.folder, shared_file, edition.shared_parameters);
    const auto secret =
        part("PRIVATE-PARAMETERS", edition.instance, published.folder, private_file, edition.private_parameters);
    auto internal = signed_directory(keys.internal, published.expires, {secret, shared});
    auto external = signed_directory(keys.external, published.expires, {shared});
    Result<void> placed;
    if (!internal)
        placed = internal.error();
    else if (!external)
        placed = external.error();
    else
        placed = replace_directories(*internal, *external);
    if (!placed) {
        fs::remove_all(folder, error);
        return placed.error();
    }

    // 4. The time from which the former content is old is now.
    if (former && *former)
        fs::last_write_time(version_folder_ / (*former)->folder, fs::file_time_type::clock::now(), error);
    sweep(published.folder);
    return published;
}

void Publisher::sweep(const std::string& current) const {
    const auto old = fs::file_time_type::clock::now() - keep_;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(version_folder_, error)) {
        if (!entry.is_directory(error) || entry.path().filename() == current) continue;
        if (entry.last_write_time(error) < old && !error) fs::remove_all(entry.path(), error);
        if (error)
            log::warning("publication.not_swept", {{"folder", entry.path().string()}, {"reason", error.message()}});
    }
}

Result<std::optional<Published>> Publisher::current() const {
    const auto file = version_folder_ / internal_directory;
    if (!fs::exists(file)) return std::optional<Published>{};
    auto octets = store::read_whole(file, limits::configuration_directory_octets);
    if (!octets) return std::move(octets).error();
    auto directory = registry::read_directory(*octets);
    if (!directory) return std::move(directory).error();
    Published published{folder_of(*directory), {}, directory->expires};
    const auto& name = published.folder;
    if (name.size() == 23) {
        const auto digits = [&](std::size_t at, std::size_t count) { return name.substr(at, count); };
        const auto text = fmt::format("{}-{}-{}T{}:{}:{}.{}Z", digits(0, 4), digits(4, 2), digits(6, 2), digits(8, 2),
                                      digits(10, 2), digits(12, 2), digits(14, 3));
        if (const auto at = parse_rfc3339(text)) published.at = *at;
    }
    return std::optional<Published>(std::move(published));
}

}  // namespace onceway::central

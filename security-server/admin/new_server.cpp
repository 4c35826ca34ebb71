// How a server's folder is made.
#include "security-server/admin/internal_tls.hpp"
#include "security-server/admin/stopped_server.hpp"

#include "schemas/store/database.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::admin {
namespace {

constexpr std::size_t anchor_octets = 1024 * 1024;

/// Removes what was made when the making fails in between.
class Undo {
public:
    explicit Undo(std::filesystem::path folder)
        : folder_(std::move(folder)), existed_(std::filesystem::exists(folder_)) {}
    Undo(const Undo&) = delete;
    Undo& operator=(const Undo&) = delete;
    ~Undo() {
        std::error_code ignored;
        if (!done_ && !existed_) std::filesystem::remove_all(folder_, ignored);
    }
    void keep() { done_ = true; }

private:
    std::filesystem::path folder_;
    bool existed_, done_ = false;
};

Result<void> make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    if (std::filesystem::exists(folder / "server.toml", error))
        return fault(FaultCode::invalid_argument,
                     fmt::format("Making a server in {}: there is one already.", folder.string()));
    std::filesystem::create_directories(folder, error);
    if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (error) return fault(FaultCode::io_error, fmt::format("Making {}: {}.", folder.string(), error.message()));
    return {};
}

}  // namespace

Result<registry::Anchor> check_anchor(OctetsView octets, std::string_view instance) {
    auto anchor = registry::read_anchor(octets);
    if (!anchor) return anchor;
    const auto plain = [](const auto& source) { return source.url.starts_with("http://"); };
    if (!std::ranges::any_of(anchor->sources, plain))
        return fault(
            FaultCode::malformed_anchor,
            "Reading the anchor: it names only https addresses, and configuration clients use the http ones. Ask "
            "the registry's operator for an anchor with http addresses.");
    if (anchor->instance != instance)
        return fault(FaultCode::global_conf_foreign_instance,
                     fmt::format("Reading the anchor: it is of the instance {}, but this server is of {}.",
                                 anchor->instance, instance));
    return anchor;
}

Result<void> make_server(const NewServer& wanted, const Clock& clock) {
    // 1. What can be refused is refused before anything is written.
    Octets anchor;
    if (!wanted.anchor.empty()) {
        auto octets = store::read_whole(wanted.anchor, anchor_octets);
        if (!octets) return octets.error();
        if (auto fits = check_anchor(*octets, wanted.file.id.owner.instance); !fits) return fits.error();
        anchor = std::move(*octets);
    }
    const auto text = write_server_file(wanted.file);
    const auto file = read_server_file(text, wanted.folder);
    if (!file) return file.error();

    // 2. The folder and all that lies in it; server.toml last, because it says that a server is here.
    Undo undo(wanted.folder);
    if (auto made = make_folder(wanted.folder); !made) return made;
    if (!anchor.empty())
        if (auto written = store::write_whole(file->anchor, anchor); !written) return written;
    if (wanted.keep_pin)
        if (auto kept = store::write_whole(wanted.folder / "pin", wanted.pin + '\n'); !kept) return kept;
    if (auto token = keys::SoftwareToken::create(file->keys(), wanted.pin); !token) return token.error();
    if (auto made = make_internal_tls(*file, clock.now()); !made) return made;
    if (auto state = StateStore::open(file->state(), file->id, clock); !state) return state.error();
    if (auto written = store::write_whole(wanted.folder / "server.toml", text); !written) return written;
    undo.keep();
    return {};
}

}  // namespace onceway::admin

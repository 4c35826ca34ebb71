#include "central-registry/trust/secret.hpp"

#include "schemas/store/database.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace onceway::central {
namespace {

constexpr std::size_t longest_secret = 4'096;

}  // namespace

Result<std::string> read_secret(const std::filesystem::path& file) {
    struct stat facts{};
    if (::stat(file.c_str(), &facts) == 0 && (facts.st_mode & 077) != 0)
        return fault(FaultCode::pin_incorrect,
                     fmt::format("Reading the passphrase: others than its owner may read {}. Run: chmod 600 {}",
                                 file.string(), file.string()));
    auto text = store::read_whole(file, longest_secret);
    if (!text) return std::move(text).error();
    auto line = text->substr(0, text->find_first_of("\r\n"));
    if (line.empty())
        return fault(FaultCode::pin_incorrect, fmt::format("Reading the passphrase: {} is empty", file.string()));
    return line;
}

Result<std::string> make_secret(const std::filesystem::path& file) {
    // Letters of 5.7 bits each.
    auto secret = random_letters(48);
    if (auto written = store::write_whole(file, secret + '\n'); !written) return written.error();
    return secret;
}

}  // namespace onceway::central

#include "certs/container/asic.hpp"
#include "certs/container/judging.hpp"

namespace onceway::container {
namespace {

ZipReading reading_for(signature::Mode mode) {
    return mode == signature::Mode::strict ? ZipReading::strict : ZipReading::streamed;
}

Verdict verdict_on(const Result<ZipReader>& zip, const x509::Trust& trust, signature::Mode mode,
                   std::optional<Instant> at) {
    if (!zip) return Judging(trust, mode, at).refused(zip.error());
    return verify_container(*zip, trust, mode, at);
}

}  // namespace

Verdict verify_container(const ZipReader& zip, const x509::Trust& trust, signature::Mode mode,
                         std::optional<Instant> at) {
    return Judging(trust, mode, at).run(zip);
}

Verdict verify_file(const std::filesystem::path& path, const x509::Trust& trust, signature::Mode mode,
                    std::optional<Instant> at) {
    return verdict_on(ZipReader::open(path, reading_for(mode)), trust, mode, at);
}

Verdict verify_octets(Octets octets, const x509::Trust& trust, signature::Mode mode, std::optional<Instant> at) {
    return verdict_on(ZipReader::from_memory(std::move(octets), reading_for(mode)), trust, mode, at);
}

}  // namespace onceway::container

#include "certs/container/loading.hpp"

#include "certs/container/manifest.hpp"
#include "certs/keys/digest.hpp"
#include "schemas/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::container {
namespace {

using signature::Mode;

bool is_blank(OctetsView text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20; });
}

/// A genuine verifier decodes every text entry as UTF-8, so that what is not becomes something else.
Octets as_text(Octets octets) {
    if (is_utf8(octets)) return octets;
    Octets text;
    for (const char c : octets) {
        if (static_cast<unsigned char>(c) < 0x80)
            text += c;
        else
            text += "\xef\xbf\xbd";
    }
    return text;
}

Result<Octets> digest_of(const ZipReader& zip, const ZipEntry& entry) {
    keys::Hasher hasher;
    auto streamed = zip.stream(entry, [&](OctetsView piece) { hasher.feed(piece); });
    if (!streamed) return streamed.error();
    return hasher.value();
}

/// The message may be as large as a message part; its ratio is what it is.
Result<Octets> read_message(const ZipReader& zip, const ZipEntry& entry) {
    if (entry.size > limits::message_part_octets)
        return fault(FaultCode::too_large, fmt::format("message.xml inflates to {} octets; {} are accepted", entry.size,
                                                       limits::message_part_octets));
    Octets octets;
    auto streamed = zip.stream(entry, [&](OctetsView piece) { octets += piece; });
    if (!streamed) return streamed.error();
    return octets;
}

class Loading {
public:
    Loading(const ZipReader& zip, Mode mode) : zip_(zip), mode_(mode) {}

    Result<Loaded> run() {
        loaded_.comment = zip_.comment();
        for (const ZipEntry& entry : zip_.entries())
            if (auto good = take(entry); !good) return good.error();
        if (auto good = check_type(); !good) return good.error();
        if (auto good = require(message_entry, FaultCode::asic_message_not_found); !good) return good.error();
        if (auto good = require(signature_entry, FaultCode::asic_signature_not_found); !good) return good.error();
        if (auto good = take_pair("sig-", loaded_.signature_chain); !good) return good.error();
        if (auto good = take_token(); !good) return good.error();
        if (auto good = take_pair("ts-", loaded_.time_chain); !good) return good.error();
        for (const auto name : {manifest_entry, asic_manifest_entry})
            if (loaded_.texts.contains(name))
                if (auto good = require(name, FaultCode::asic_manifest_not_found); !good) return good.error();
        return std::move(loaded_);
    }

private:
    Result<void> take(const ZipEntry& entry) {
        loaded_.names.push_back(entry.name);
        if (entry.name.starts_with(attachment_entry)) {
            auto digest = digest_of(zip_, entry);
            if (!digest) return digest.error();
            loaded_.attachments[entry.name] = std::move(*digest);
            return {};
        }
        const std::size_t left = limits::container_meta_octets - std::min(read_, limits::container_meta_octets);
        auto octets = entry.name == message_entry ? read_message(zip_, entry) : zip_.read(entry, left);
        if (!octets) return octets.error();
        if (entry.name != message_entry) read_ += octets->size();
        const bool binary = mode_ == Mode::strict || entry.name == token_entry;
        loaded_.texts[entry.name] = binary ? std::move(*octets) : as_text(std::move(*octets));
        return {};
    }

    bool filled(std::string_view name) const {
        const auto found = loaded_.texts.find(name);
        return found != loaded_.texts.end() && !is_blank(found->second);
    }

    Result<void> require(std::string_view name, FaultCode code) const {
        if (filled(name)) return {};
        return fault(code, fmt::format("{} is missing or empty", name));
    }

    Result<void> check_type() const {
        if (auto good = require(mimetype_entry, FaultCode::asic_mime_type_not_found); !good) return good;
        const Octets& type = loaded_.text(mimetype_entry);
        const bool right = mode_ == Mode::strict ? type == container_type : same_ignoring_case(type, container_type);
        if (right) return {};
        return fault(FaultCode::asic_invalid_mime_type,
                     "the entry mimetype does not say " + std::string(container_type));
    }

    Result<void> take_pair(const std::string& prefix, std::optional<ChainPair>& into) const {
        const std::string result = prefix + "hashchainresult.xml", chain = prefix + "hashchain.xml";
        if (!filled(result) && !filled(chain)) return {};
        if (auto good = require(result, FaultCode::asic_hash_chain_result_not_found); !good) return good;
        if (auto good = require(chain, FaultCode::asic_hash_chain_not_found); !good) return good;
        into = ChainPair{loaded_.text(result), loaded_.text(chain)};
        return {};
    }

    /// Of its own entry; without one it has to be in the signature.
    Result<void> take_token() {
        if (loaded_.texts.contains(token_entry)) {
            const Octets& token = loaded_.text(token_entry);
            if (token.empty()) return fault(FaultCode::asic_timestamp_not_found, "META-INF/timestamp.tst is empty");
            loaded_.token = token;
            return {};
        }
        return {};
    }

    const ZipReader& zip_;
    Mode mode_;
    Loaded loaded_;
    std::size_t read_ = 0;
};

}  // namespace

const Octets& Loaded::text(std::string_view name) const { return texts.find(name)->second; }

Result<Loaded> load(const ZipReader& zip, Mode mode) { return Loading(zip, mode).run(); }

}  // namespace onceway::container

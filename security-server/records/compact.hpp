// The compact form of evidence. A signature document of 6.8 KB repeats a certificate, an OCSP answer and two kilobytes
// of markup in every message; only some 350 octets are new. Here a document is cut into what repeats and what is new,
// and put together again byte for byte. The layout of the octets stands in docs/auditors/message-log.md.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace onceway::records {

/// Digests (SHA-512, raw) that a document states although a reader can compute them: they are named, not kept. An empty
/// one is not known.
struct KnownDigests {
    Octets message, body;           // body: or the first attachment
    Octets both;                    // of the DigestList of message and body: what a hash chain of one step comes to
    Octets result;                  // of the hash chain result
    std::vector<Octets> further{};  // of the second attachment and those behind it, which `both` has as well
};

/// A document cut at the texts that differ from message to message. `skeleton` is the rest, with one marker octet where
/// each text stood; the markers are control characters, which no XML document may hold.
struct Cut {
    enum class Form : char {
        text = 1,          // as it stands
        base64 = 2,        // octets, written in one line
        base64_lines = 3,  // octets, written in lines of 76 that end in "&#13;" and LF
        time = 4,          // milliseconds since 1970, written with three decimals and Z
        part_base64 = 5,
        part_base64_lines = 6,
        part_text = 7,  // the same for what many documents share
    };
    struct Slot {
        Form form;
        Octets content;
        bool shared() const { return form >= Form::part_base64; }
        std::string text() const;  // as it stood in the document
    };
    std::string skeleton;
    std::vector<Slot> slots;

    /// The document again.
    std::string whole() const;
};

/// Keeps octets once and gives their number.
using KeepPart = std::function<std::int64_t(OctetsView octets)>;
/// Gives kept octets back; none when there are none under that number.
using GivePart = std::function<std::optional<Octets>(std::int64_t part)>;

/// Packs documents, and remembers what it kept lately. One thread at a time.
class Packer {
public:
    explicit Packer(KeepPart keep) : keep_(std::move(keep)) {}

    /// The compact form. Every text that was cut out has been written again from its slot and compared before this
    /// returns; one that does not come back byte for byte stays as it is, and so does a document that holds a control
    /// character where a marker could be taken for it.
    Octets pack(OctetsView document, const KnownDigests& known);
    /// Forgets everything: the transaction that kept the last parts was rolled back.
    void forget();

private:
    struct SharedText {
        Cut::Form form;
        std::int64_t part;
    };
    /// A document that was cut, and where: the next one is most often the same but for its slots, and is then compared
    /// instead of searched.
    struct Layout {
        struct Slot {
            std::size_t at, size;
            Cut::Form form;
            std::int64_t part;  // of what is shared
        };
        Octets document;
        std::vector<Slot> slots;
        std::int64_t skeleton;
    };
    static std::optional<Octets> pack_like(const Layout& layout, OctetsView document, const KnownDigests& known);
    Octets pack_anew(OctetsView document, const KnownDigests& known);
    void remember(Layout layout);
    std::int64_t part(OctetsView octets);
    SharedText shared_text(std::string_view text);

    KeepPart keep_;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    template <class T>
    using Memory = std::unordered_map<std::string, T, Hash, std::equal_to<>>;
    Memory<std::int64_t> parts_;  // by their octets
    Memory<SharedText> texts_;    // certificates and OCSP answers by the text in which they travel
    std::unordered_map<std::size_t, std::vector<Layout>> layouts_;  // by the size of the document
    std::size_t remembered_layouts_ = 0;
};

/// Puts a document together. Faults: `database_error` when the form is not one of ours, a part is missing, or it would
/// be larger than 16 MiB.
Result<Octets> unpack(OctetsView packed, const KnownDigests& known, const GivePart& give);

}  // namespace onceway::records

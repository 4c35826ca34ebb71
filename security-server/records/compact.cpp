#include "security-server/records/compact.hpp"

#include "schemas/base/time.hpp"
#include "security-server/records/octet_numbers.hpp"

#include <array>
#include <chrono>
#include <cstring>

namespace onceway::records {
namespace {

constexpr std::size_t line_octets = 76;
constexpr std::string_view line_end = "&#13;\n";
constexpr std::size_t remembered_parts = 512, most_layouts = 128, layout_octets = 16 * 1024;
constexpr std::size_t most_document = 16 * 1024 * 1024;  // a few small octets may name a large part many times
constexpr char whole_form = 0, cut_form = 1;

// --- how a text is written ---

std::string in_lines(std::string_view base64) {
    std::string text;
    text.reserve(base64.size() + base64.size() / line_octets * line_end.size());
    for (std::size_t at = 0; at < base64.size(); at += line_octets) {
        if (at > 0) text += line_end;
        text += base64.substr(at, line_octets);
    }
    return text;
}

std::string without_line_ends(std::string_view text) {
    std::string base64;
    base64.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(line_end, at), text.size());
        base64 += text.substr(at, end - at);
        at = end + line_end.size();
    }
    return base64;
}

Octets eight_octets(std::int64_t number) {
    Octets octets(8, '\0');
    for (int i = 0; i < 8; ++i) octets[static_cast<std::size_t>(i)] = static_cast<char>(number >> (56 - 8 * i));
    return octets;
}

std::int64_t from_eight(OctetsView octets) {
    std::uint64_t number = 0;
    for (const char c : octets) number = number << 8 | static_cast<unsigned char>(c);
    return static_cast<std::int64_t>(number);
}

// --- where a document is cut ---

enum class Kind { none, digest, value, time, part };

Kind kind_of(std::string_view local_name) {
    static constexpr std::pair<std::string_view, Kind> names[] = {
        {"DigestValue", Kind::digest},         {"SignatureValue", Kind::value},
        {"SigningTime", Kind::time},           {"X509Certificate", Kind::part},
        {"EncapsulatedOCSPValue", Kind::part}, {"EncapsulatedX509Certificate", Kind::part},
    };
    for (const auto& [name, kind] : names)
        if (name == local_name) return kind;
    return Kind::none;
}

using Form = Cut::Form;

/// The content of a text that is written so; none when it would not come back as it is.
std::optional<Octets> content_of(Form form, std::string_view text) {
    switch (form) {
        case Form::base64:
        case Form::part_base64:
            // There is one way only to write octets that this reader accepts.
            if (auto octets = from_base64(text)) return std::move(*octets);
            return std::nullopt;
        case Form::base64_lines:
        case Form::part_base64_lines:
            if (auto octets = from_base64(without_line_ends(text)); octets && in_lines(to_base64(*octets)) == text)
                return std::move(*octets);
            return std::nullopt;
        case Form::time:
            if (const auto at = parse_rfc3339(text); at && rfc3339(*at) == text)
                return eight_octets(at->time_since_epoch().count());
            return std::nullopt;
        default:
            return Octets(text);
    }
}

Cut::Slot slot_for(Kind kind, std::string_view text) {
    const bool part = kind == Kind::part;
    Form form = part ? Form::part_base64 : Form::base64;
    if (kind == Kind::time)
        form = Form::time;
    else if (text.find('&') != std::string_view::npos)
        form = part ? Form::part_base64_lines : Form::base64_lines;
    if (auto content = content_of(form, text)) return {form, std::move(*content)};
    return {part ? Form::part_text : Form::text, Octets(text)};
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool holds_marker(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101, high = 0x8080808080808080, above_seven = 0xf8f8f8f8f8f8f8f8;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {  // eight octets at once: one of them is zero without its three low bits
        std::uint64_t octets = 0;
        std::memcpy(&octets, text.data() + at, 8);
        octets &= above_seven;
        if ((octets - ones) & ~octets & high) return true;
    }
    for (; at < text.size(); ++at)
        if (static_cast<unsigned char>(text[at]) < 8) return true;
    return false;
}

/// The local name of the start tag at `at` (just behind '<'), empty for anything else.
std::string_view start_tag_name(std::string_view document, std::size_t at) {
    for (auto end = at; end < document.size(); ++end) switch (document[end]) {
            case ':':
                at = end + 1;
                break;
            case ' ':
            case '\t':
            case '\r':
            case '\n':
            case '/':
            case '>':
                return document.substr(at, end - at);
            default:
                break;
        }
    return {};
}

/// A text to cut out. `text` is never empty, and has no blanks at its ends.
struct Place {
    Kind kind;
    std::string_view text;
};

std::vector<Place> places_in(OctetsView document) {
    std::vector<Place> places;
    bool signed_info = true;  // behind SignatureValue, digests belong to certificates and policy: they repeat
    for (auto tag = document.find('<'); tag != std::string_view::npos; tag = document.find('<', tag + 1)) {
        const auto kind = kind_of(start_tag_name(document, tag + 1));
        if (kind == Kind::none || (kind == Kind::digest && !signed_info)) continue;
        if (kind == Kind::value) signed_info = false;
        const auto begin = document.find('>', tag);
        const auto end = document.find('<', tag + 1);
        if (begin == std::string_view::npos || end == std::string_view::npos || begin > end ||
            document[begin - 1] == '/')
            continue;
        if (const auto text = trimmed(document.substr(begin + 1, end - begin - 1)); !text.empty())
            places.push_back({kind, text});
    }
    return places;
}

// --- how the compact form is written ---

constexpr std::size_t always_listed = 4;

std::size_t known_digests(const KnownDigests& known) { return always_listed + known.further.size(); }

/// The digest with this number, below `known_digests`.
const Octets& known_digest(const KnownDigests& known, std::size_t number) {
    const std::array<const Octets*, always_listed> list{&known.message, &known.body, &known.both, &known.result};
    return number < always_listed ? *list[number] : known.further[number - always_listed];
}

void put_content(Octets& into, OctetsView content, const KnownDigests& known) {
    const auto count = known_digests(known);
    for (std::size_t i = 0; i < count; ++i)
        if (!content.empty() && known_digest(known, i) == content) return put_number(into, i);
    put_number(into, content.size() + count);
    into += content;
}

OctetsView take_content(OctetReader& from, const KnownDigests& known) {
    const auto tag = from.number();
    if (from.broken) return {};
    const auto count = known_digests(known);
    if (tag >= count) return from.octets(tag - count);
    const Octets& digest = known_digest(known, static_cast<std::size_t>(tag));
    from.broken = digest.empty();
    return digest;
}

Fault damaged(std::string_view what) {
    return fault(FaultCode::database_error, "Putting a logged document together: " + std::string(what) +
                                                ". The log is damaged; restore it from a backup");
}

}  // namespace

std::string Cut::Slot::text() const {
    switch (form) {
        case Form::text:
        case Form::part_text:
            return content;
        case Form::base64:
        case Form::part_base64:
            return to_base64(content);
        case Form::base64_lines:
        case Form::part_base64_lines:
            return in_lines(to_base64(content));
        case Form::time:
            return rfc3339(Instant(std::chrono::milliseconds(from_eight(content))));
    }
    return content;
}

std::string Cut::whole() const {
    std::string document;
    std::size_t copied = 0, next = 0;
    for (std::size_t at = 0; at < skeleton.size(); ++at) {
        if (static_cast<unsigned char>(skeleton[at]) >= 8) continue;
        document.append(skeleton, copied, at - copied);
        if (next < slots.size()) document += slots[next++].text();
        copied = at + 1;
    }
    return document.append(skeleton, copied);
}

void Packer::forget() {
    parts_.clear();
    texts_.clear();
    layouts_.clear();
    remembered_layouts_ = 0;
}

std::int64_t Packer::part(OctetsView octets) {
    if (const auto found = parts_.find(octets); found != parts_.end()) return found->second;
    if (parts_.size() >= remembered_parts) parts_.clear();
    const auto number = keep_(octets);
    parts_.emplace(octets, number);
    return number;
}

Packer::SharedText Packer::shared_text(std::string_view text) {
    if (const auto found = texts_.find(text); found != texts_.end()) return found->second;
    if (texts_.size() >= remembered_parts) texts_.clear();
    const auto slot = slot_for(Kind::part, text);
    const SharedText shared{slot.form, part(slot.content)};
    texts_.emplace(text, shared);
    return shared;
}

std::optional<Octets> Packer::pack_like(const Layout& layout, OctetsView document, const KnownDigests& known) {
    const OctetsView model = layout.document;
    Octets packed(1, cut_form);
    put_number(packed, static_cast<std::uint64_t>(layout.skeleton));
    std::size_t compared = 0;
    const auto same_up_to = [&](std::size_t end) {
        const auto length = end - compared;
        return document.substr(std::exchange(compared, end), length) == model.substr(end - length, length);
    };
    for (const auto& [at, size, form, part] : layout.slots) {
        if (form >= Form::part_base64) {
            put_number(packed, static_cast<std::uint64_t>(part));  // its text is compared with what is around it
            continue;
        }
        if (!same_up_to(at)) return std::nullopt;
        const auto content = content_of(form, document.substr(at, size));
        if (!content) return std::nullopt;
        if (form == Form::time)
            packed += *content;
        else
            put_content(packed, *content, known);
        compared = at + size;
    }
    if (!same_up_to(document.size())) return std::nullopt;
    return packed;
}

Octets Packer::pack(OctetsView document, const KnownDigests& known) {
    if (const auto alike = layouts_.find(document.size()); alike != layouts_.end())
        for (const auto& layout : alike->second)
            if (auto packed = pack_like(layout, document, known)) return std::move(*packed);
    return pack_anew(document, known);
}

void Packer::remember(Layout layout) {
    for (const auto& slot : layout.slots)
        if (slot.form == Form::text) return;  // may be anything: has to be searched each time
    if (layout.document.size() > layout_octets) return;
    if (remembered_layouts_++ >= most_layouts) layouts_.clear(), remembered_layouts_ = 1;
    layouts_[layout.document.size()].push_back(std::move(layout));
}

Octets Packer::pack_anew(OctetsView document, const KnownDigests& known) {
    if (holds_marker(document)) return Octets(1, whole_form).append(document);
    std::string skeleton;
    Octets slots;
    Layout layout{Octets(document), {}, 0};
    std::size_t copied = 0;  // everything before is in the skeleton
    const auto leave_marker = [&](std::string_view text, Form form, std::int64_t part) {
        const auto at = static_cast<std::size_t>(text.data() - document.data());
        skeleton.append(document.substr(copied, at - copied)).push_back(static_cast<char>(form));
        copied = at + text.size();
        layout.slots.push_back({at, text.size(), form, part});
    };
    for (const auto& [kind, text] : places_in(document)) {
        if (kind == Kind::part) {
            const auto shared = shared_text(text);
            leave_marker(text, shared.form, shared.part);
            put_number(slots, static_cast<std::uint64_t>(shared.part));
            continue;
        }
        const auto slot = slot_for(kind, text);
        leave_marker(text, slot.form, 0);
        if (slot.form == Form::time)
            slots += slot.content;
        else
            put_content(slots, slot.content, known);
    }
    skeleton += document.substr(copied);
    Octets packed(1, cut_form);
    layout.skeleton = part(skeleton);
    put_number(packed, static_cast<std::uint64_t>(layout.skeleton));
    remember(std::move(layout));
    return packed += slots;
}

Result<Octets> unpack(OctetsView packed, const KnownDigests& known, const GivePart& give) {
    if (packed.empty()) return damaged("its compact form is empty");
    if (packed.front() == whole_form) return Octets(packed.substr(1));
    if (packed.front() != cut_form) return damaged("its compact form is of a kind that this release does not know");
    OctetReader from{packed.substr(1)};
    auto skeleton = give(static_cast<std::int64_t>(from.number()));
    if (!skeleton) return damaged("its skeleton is missing");
    Cut cut{std::move(*skeleton), {}};
    std::size_t size = cut.skeleton.size();
    for (const char c : cut.skeleton) {
        if (static_cast<unsigned char>(c) >= 8) continue;
        Cut::Slot slot{static_cast<Form>(c), {}};
        if (slot.shared()) {
            auto part = give(static_cast<std::int64_t>(from.number()));
            if (!part) return damaged("a certificate or OCSP answer is missing");
            slot.content = std::move(*part);
        } else if (slot.form == Form::time)
            slot.content = from.octets(8);
        else
            slot.content = take_content(from, known);
        size += slot.content.size();
        if (size > most_document) return damaged("it would be larger than any document that was logged");
        cut.slots.push_back(std::move(slot));
    }
    if (from.broken || !from.left.empty()) return damaged("its compact form ends in the wrong place");
    return cut.whole();
}

}  // namespace onceway::records

#include "certs/signature/gapped_text.hpp"

#include <algorithm>
#include <stdexcept>

namespace onceway::signature {

GappedText::GappedText(std::string_view text) {
    for (;;) {
        const auto end = std::min(text.find(gap), text.size());
        pieces_.emplace_back(text.substr(0, end));
        octets_ += end;
        if (end == text.size()) return;
        text.remove_prefix(end + gap.size());
    }
}

std::string GappedText::filled(std::initializer_list<std::string_view> values) const {
    if (pieces_.size() != values.size() + 1)
        throw std::invalid_argument("a text with gaps, or a value in it, holds a character that XML cannot hold");
    std::size_t octets = octets_;
    for (const auto value : values) octets += value.size();
    std::string text;
    text.reserve(octets);
    text += pieces_.front();
    auto piece = pieces_.begin();
    for (const auto value : values) text.append(value).append(*++piece);
    return text;
}

bool GappedText::matches(std::string_view text, std::span<std::string_view> values) const {
    if (pieces_.size() != values.size() + 1 || !text.starts_with(pieces_.front())) return false;
    text.remove_prefix(pieces_.front().size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::string& next = pieces_[i + 1];
        const bool last = i + 1 == values.size();
        if (last && !text.ends_with(next)) return false;
        const auto end = last ? text.size() - next.size() : text.find(next.front());
        if (end == std::string_view::npos || !text.substr(end).starts_with(next)) return false;
        values[i] = text.substr(0, end);
        text.remove_prefix(end + next.size());
    }
    return true;
}

}  // namespace onceway::signature

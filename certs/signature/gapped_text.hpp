// A text with gaps: filled in to be written, or matched to find what stands in them. Internal to `signature`.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::signature {

class GappedText {
public:
    static constexpr std::string_view gap{"\x01", 1};  // stands where a value will; no XML may hold it
    explicit GappedText(std::string_view text);

    /// One value for each gap. Throws when there are more or fewer.
    std::string filled(std::initializer_list<std::string_view> values) const;

    /// True when `text` is this one; `values`, one for each gap, are then what stands in them. A value ends before the
    /// first character of what follows its gap, the last one where what follows is the rest.
    bool matches(std::string_view text, std::span<std::string_view> values) const;

private:
    std::vector<std::string> pieces_;
    std::size_t octets_ = 0;
};

}  // namespace onceway::signature

// A memory that never grows: what is new takes the place of the oldest. Internal to `signature`.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace onceway::signature {

/// Entries are found by a hint, some octets that tell most of them apart, and then by asking each whether it is the
/// one.
template <class Entry>
class Ring {
public:
    explicit Ring(std::size_t most) : most_(most) {}

    /// The entry kept under `hint` for which `is_it` holds; null when there is none.
    template <class IsIt>
    const Entry* find(std::string_view hint, const IsIt& is_it) const {
        const auto wanted = std::hash<std::string_view>{}(hint);
        for (std::size_t i = 0; i < hashes_.size(); ++i)
            if (hashes_[i] == wanted && is_it(*entries_[i])) return entries_[i].get();
        return nullptr;
    }

    const Entry& keep(std::string_view hint, Entry entry) {
        auto owned = std::make_unique<const Entry>(std::move(entry));
        const auto hash = std::hash<std::string_view>{}(hint);
        if (entries_.size() < most_) {
            hashes_.push_back(hash);
            entries_.push_back(std::move(owned));
            return *entries_.back();
        }
        const std::size_t place = next_++ % most_;
        hashes_[place] = hash;
        entries_[place] = std::move(owned);
        return *entries_[place];
    }

    void clear() {
        hashes_.clear();
        entries_.clear();
        next_ = 0;
    }
    std::size_t size() const { return entries_.size(); }

private:
    std::size_t most_, next_ = 0;
    std::vector<std::size_t> hashes_;
    std::vector<std::unique_ptr<const Entry>> entries_;
};

}  // namespace onceway::signature

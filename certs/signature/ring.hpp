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

    /// The newest entry kept under `hint` for which `is_it` holds; null when there is none.
    template <class IsIt>
    const Entry* find(std::string_view hint, const IsIt& is_it) const {
        const auto wanted = std::hash<std::string_view>{}(hint);
        const std::size_t count = hashes_.size();
        for (std::size_t back = 1; back <= count; ++back) {
            const std::size_t place = (oldest_ + count - back) % count;
            if (hashes_[place] == wanted && is_it(*entries_[place])) return entries_[place].get();
        }
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
        const std::size_t place = oldest_;
        oldest_ = (oldest_ + 1) % most_;
        hashes_[place] = hash;
        entries_[place] = std::move(owned);
        return *entries_[place];
    }

    void clear() {
        hashes_.clear();
        entries_.clear();
        oldest_ = 0;
    }
    std::size_t size() const { return entries_.size(); }

private:
    std::size_t most_, oldest_ = 0;
    std::vector<std::size_t> hashes_;
    std::vector<std::unique_ptr<const Entry>> entries_;
};

}  // namespace onceway::signature

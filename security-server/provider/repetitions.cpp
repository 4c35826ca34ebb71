#include "security-server/provider/repetitions.hpp"

#include <cstring>

namespace onceway::provider {

bool Repetitions::note(OctetsView digest, Moment now) {
    std::array<Key, 2> words{};
    std::memcpy(words.data(), digest.data(), std::min(sizeof words, digest.size()));
    Shelf& shelf = shelves_[words[1] % shelves];
    const std::lock_guard lock(shelf.guard);
    if (now - shelf.since > window_ || shelf.young.size() >= most_) {
        // Two windows without a request, or the very first: what is young is old as well.
        if (now - shelf.since > 2 * window_) shelf.young.clear();
        shelf.old = std::exchange(shelf.young, {});
        shelf.since = now;
    }
    if (shelf.old.contains(words[0])) return true;
    return !shelf.young.insert(words[0]).second;
}

}  // namespace onceway::provider

#include "certs/x509/judge.hpp"

#include <deque>
#include <unordered_map>

namespace onceway::x509 {
namespace {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

}  // namespace

struct JudgementMemory::Parts {
    std::size_t most;
    std::shared_ptr<const Trust> trust;  // whose judgements these are; a new snapshot empties the memory
    std::unordered_map<Octets, Judgement, TextHash, std::equal_to<>> judgements;
    std::deque<Octets> in_order;
};

JudgementMemory::JudgementMemory(std::size_t most) : parts_(std::make_unique<Parts>()) { parts_->most = most; }
JudgementMemory::~JudgementMemory() = default;

const Judgement* JudgementMemory::find(OctetsView key, const Trust& trust, Instant at) const {
    if (parts_->trust.get() != &trust) return nullptr;
    const auto found = parts_->judgements.find(key);
    if (found == parts_->judgements.end()) return nullptr;
    const Judgement& judgement = found->second;
    return judgement.from <= at && at <= judgement.deadline ? &judgement : nullptr;
}

void JudgementMemory::keep(OctetsView key, std::shared_ptr<const Trust> trust, Judgement judgement) {
    if (parts_->trust != trust) {
        parts_->judgements.clear();
        parts_->in_order.clear();
        parts_->trust = std::move(trust);
    }
    const auto [at, added] = parts_->judgements.insert_or_assign(Octets(key), std::move(judgement));
    if (!added) return;
    parts_->in_order.push_back(at->first);
    if (parts_->in_order.size() <= parts_->most) return;
    parts_->judgements.erase(parts_->in_order.front());
    parts_->in_order.pop_front();
}

}  // namespace onceway::x509

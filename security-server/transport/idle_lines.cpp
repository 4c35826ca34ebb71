#include "security-server/transport/idle_lines.hpp"

#include <algorithm>

namespace onceway::transport {

void IdleLines::drop_old(Time now) {
    while (!idle_.empty() && (idle_.size() > most_ || now - idle_.back().since > idle_most_)) {
        idle_.back().line.connection->close();
        idle_.pop_back();
    }
}

std::optional<Line> IdleLines::take(const std::vector<std::string>& wanted, std::uint64_t generation, Time now) {
    drop_old(now);
    for (auto idle = idle_.begin(); idle != idle_.end();) {
        if (std::ranges::find(wanted, idle->line.to) == wanted.end()) {
            ++idle;
            continue;
        }
        Line line = std::move(idle->line);
        idle = idle_.erase(idle);
        if (line.generation == generation && line.connection->still_open()) return line;
        line.connection->close();
    }
    return std::nullopt;
}

void IdleLines::keep(Line line, Time now) {
    if (!line.connection->reusable()) {
        line.connection->close();
        return;
    }
    line.connection->next();
    idle_.push_front({std::move(line), now});
    drop_old(now);
}

}  // namespace onceway::transport

#include "security-server/transport/delimiter_watch.hpp"

namespace onceway::transport {
namespace {

std::size_t count(std::string_view text, std::string_view wanted) {
    std::size_t found = 0;
    for (auto at = text.find(wanted); at != text.npos; at = text.find(wanted, at + wanted.size())) ++found;
    return found;
}

}  // namespace

DelimiterWatch::DelimiterWatch(Sink& to, std::string_view boundary, std::size_t parts)
    : to_(to), delimiter_("\n--" + std::string(boundary)), left_(parts + 1) {}

Async<void> DelimiterWatch::write(OctetsView octets) {
    // One that begins before `octets` and ends in it, and those within. None fits into either side of the seam alone.
    const std::size_t side = delimiter_.size() - 1;
    const std::string seam = tail_ + std::string(octets.substr(0, side));
    const std::size_t found = count(seam, delimiter_) + count(octets, delimiter_);
    if (found > left_)
        co_return fault(FaultCode::invalid_message,
                        "The message holds a line that begins like a delimiter of its multipart; it would fall "
                        "apart otherwise than it was signed.");
    left_ -= found;
    tail_ += octets.substr(octets.size() - std::min(octets.size(), side));
    tail_.erase(0, tail_.size() - std::min(tail_.size(), side));
    auto written = co_await to_.write(octets);
    co_return written;
}

bool DelimiterWatch::falls_apart(OctetsView part, std::string_view boundary) {
    const std::string delimiter = "\n--" + std::string(boundary);
    return part.starts_with(std::string_view(delimiter).substr(1)) || part.find(delimiter) != part.npos;
}

}  // namespace onceway::transport

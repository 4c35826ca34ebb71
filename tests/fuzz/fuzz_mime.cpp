// Multipart bodies: however the octets are cut into pieces, the parts are the same.
#include "schemas/message/mime.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

namespace {
struct Collected : onceway::message::MimeSink {
    std::string seen;
    onceway::Result<void> part_begins(const onceway::message::Fields& headers) override {
        seen += "<" + std::to_string(headers.size());
        return {};
    }
    onceway::Result<void> part_data(onceway::OctetsView octets) override {
        seen += octets;
        return {};
    }
    onceway::Result<void> part_ends() override {
        seen += ">";
        return {};
    }
};
std::string read(onceway::OctetsView input, std::size_t piece, onceway::message::MimeRules rules) {
    Collected sink;
    onceway::message::MimeReader reader("b", rules, sink);
    for (std::size_t at = 0; at < input.size(); at += piece)
        if (auto fed = reader.feed(input.substr(at, piece)); !fed) return "refused";
    if (auto ended = reader.end(); !ended) return "refused";
    return sink.seen;
}
}  // namespace

ONCEWAY_FUZZ(mime) {
    for (const auto rules :
         {message::MimeRules::peer, message::MimeRules::information_system, message::MimeRules::configuration})
        if (read(input, 1, rules) != read(input, 4096, rules)) std::abort();
    (void)message::boundary_of(input.substr(0, 300));
}

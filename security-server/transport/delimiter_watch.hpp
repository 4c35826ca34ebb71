// Watches a multipart on its way to an information system: it must fall apart there as it was signed.
#pragma once

#include "security-server/transport/octets.hpp"

#include <string>
#include <string_view>

namespace onceway::transport {

/// Passes on what it is given as long as no part holds a line that begins like a delimiter. The boundary under which
/// the parts are put together is the sender's choice and unsigned; with it, a part could pose as several.
class DelimiterWatch : public Sink {
public:
    /// `parts`: how many the multipart has.
    DelimiterWatch(Sink& to, std::string_view boundary, std::size_t parts);

    /// Faults: besides those of the sink behind, `invalid_message`; the end of the multipart is not written then.
    Async<void> write(OctetsView octets) override;
    Async<void> finish() override { return to_.finish(); }

    /// True when `part` holds such a line itself, for those who have all of it.
    static bool falls_apart(OctetsView part, std::string_view boundary);

private:
    Sink& to_;
    const std::string delimiter_;  // with the line end in front
    std::size_t left_;             // delimiters that the multipart may still have
    std::string tail_ = "\n";      // the last octets that were written, fewer than a delimiter has
};

}  // namespace onceway::transport

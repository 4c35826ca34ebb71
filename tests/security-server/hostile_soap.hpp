// SOAP as hostile senders write it: the tables of tests/corpus/hostile_soap begin from a good message and change it.
#pragma once

#include "tests/security-server/exchange_world.hpp"
#include "tests/security-server/hostile_doors.hpp"

namespace onceway::tests {

/// The good messages, and how a row makes another one of them. The language of changes is explained in
/// tests/corpus/hostile_soap/refused_questions.txt.
namespace hostile_soap {

/// An envelope in which ZA/GOV/101/tax asks for ZA/GOV/202/roads/getPermit, and the answer to it.
std::string envelope();
std::string answer();
/// A whole request to the door for information systems: "plain", or "swa" with two attachments.
std::string question(std::string_view kind);

/// `text` with the changes of a row. Throws when a row changes what is not there: it would test nothing.
std::string changed(std::string text, std::string_view changes);
/// The same for the answer: a row that changes a header element changes it there too, whatever else it does.
std::string changed_where_possible(std::string text, std::string_view changes);

/// A request with a Content-Length, unless it says how it is framed. `end`: it gave a length of its own.
struct Sendable {
    std::string octets, body;
    bool end = false;
};
Sendable sendable(std::string request);

}  // namespace hostile_soap

/// A world whose provider offers the SOAP service getPermit, and answers it.
class HostileSoapWorld {
public:
    explicit HostileSoapWorld(World::Wishes wishes = {});
    Aim consumer() const;
    /// The service answers with `octets` from now on.
    void answer_with(std::string octets);

    World world;
};

/// Whatever is between `before` and the next `behind`; empty when there is none.
std::string between(std::string_view text, std::string_view before, std::string_view behind);

}  // namespace onceway::tests

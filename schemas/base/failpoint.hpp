// Failpoints: named steps at which a test makes the disk or the network fail, or ends the process. In a release build
// every one of them is nothing at all.
//
// A setting is written `NAME[@SUBJECT][:N][+]=ACTION`, several are separated by commas:
//   log.commit:3=fail            the third commit from now on fails, once
//   sqlite.sync@messages.db+=full  from the first on every sync of a file whose path holds `messages.db` fails: disk
//   full peer.sent=kill               the process ends by SIGKILL when a request was sent service.send=delay200 the
//   step takes 200 ms longer
// A test sets them for its own process with `Set`, and for a program that it starts with the environment variable
// ONCEWAY_FAILPOINTS.
#pragma once

#include "schemas/base/result.hpp"

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace onceway::failpoint {

struct Row {
    std::string_view name, step;
    bool fails = true;  // false: the step is done already, so that a failure there is none; kill and delay work
};
/// Every failpoint there is, in the order in which a message meets them. A sweep walks this table.
inline constexpr std::array table{
    Row{"payload.write", "a body that is too large for memory goes to its temporary file"},
    Row{"body.create", "the log makes the file of a large body"},
    Row{"body.write", "the log writes a piece of that file"},
    Row{"body.sync", "the log syncs that file"},
    Row{"body.sync_folder", "the log syncs the folder of such files"},
    Row{"log.commit", "a group of records is about to be committed"},
    Row{"log.committed", "they are on disk; nobody was told", false},
    Row{"peer.connect", "the consumer connects to the provider's server"},
    Row{"peer.send", "the consumer sends a sealed request to the provider's server; no octet has left"},
    Row{"peer.sent", "the whole request was sent, its answer was not read"},
    Row{"peer.received", "the answer was read, not judged, not recorded", false},
    Row{"service.send", "the provider's server calls the information system; no octet has left"},
    Row{"service.sent", "the whole request was sent to the information system"},
    Row{"service.received", "the information system has answered; nothing of that is recorded", false},
    Row{"peer.answer", "the provider's server answers; no octet has left"},
    Row{"client.answer", "the consumer's server answers the information system; no octet has left"},
    Row{"sqlite.open", "SQLite opens a file"},
    Row{"sqlite.write", "SQLite writes; half of the octets arrive"},
    Row{"sqlite.sync", "SQLite syncs"},
    Row{"sqlite.truncate", "SQLite shortens a file"},
    Row{"sqlite.delete", "SQLite removes a file"},
    Row{"file.create", "a file that is written whole or not at all begins as another file"},
    Row{"file.write", "its octets are written"},
    Row{"file.sync", "it is synced"},
    Row{"file.rename", "it takes its place"},
    Row{"file.sync_folder", "its folder is synced"},
};

/// A name out of the table; any other does not compile.
class Name {
public:
    consteval Name(const char* text) : index_(find(text)) {}  // NOLINT(google-explicit-constructor)
    constexpr std::size_t index() const { return index_; }

private:
    static consteval std::size_t find(std::string_view text) {
        for (std::size_t i = 0; i < table.size(); ++i)
            if (table[i].name == text) return i;
        throw "no such failpoint";
    }
    std::size_t index_;
};

#ifdef ONCEWAY_FAILPOINTS
inline constexpr bool built = true;

/// To be called where the step begins: 0, or the errno with which a test wants it to fail here (EIO, ENOSPC).
/// `subject` says what the step is about, a path for example; a setting may be for some subjects only.
int reached(Name name, std::string_view subject = {});

/// Sets failpoints until the end of the scope. Throws std::invalid_argument when the settings make no sense.
class Set {
public:
    explicit Set(std::string_view settings);
    Set(const Set&) = delete;
    Set& operator=(const Set&) = delete;
    ~Set();
    /// How often one of these settings did something. None in a whole run: that run was clean.
    std::uint64_t struck() const;

private:
    std::uint64_t id_;
};
#else
inline constexpr bool built = false;
constexpr int reached(Name, std::string_view = {}) { return 0; }
class Set {
public:
    explicit Set(std::string_view) { throw std::logic_error("a release build has no failpoints"); }
    std::uint64_t struck() const { return 0; }
};
#endif

/// The same for a step on the network. Faults: `network_error`, when a test wants the step to fail.
inline Result<void> met(Name name, std::string_view subject = {}) {
    if (reached(name, subject) == 0) return {};
    return fault(FaultCode::network_error,
                 "A test made this step fail: " + std::string(table[name.index()].step) + '.');
}

}  // namespace onceway::failpoint

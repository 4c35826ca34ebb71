// Multiparts of information systems: what is read from one, and what one looks like that is put together again.
#include "security-server/transport/related.hpp"

#include "certs/keys/digest.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using transport::Message;
using transport::Related;

namespace {

struct Read {
    Result<void> soap, rest;
    Message message;
};

Async<Message> read_all(OctetsView octets, std::size_t piece, std::filesystem::path spool, Read& into) {
    transport::GivenSource source(octets, piece);
    Related related("B", std::move(spool));
    into.soap = co_await related.read_soap_part(source);
    if (!into.soap) co_return into.soap.error();
    into.rest = co_await related.read_rest(source);
    if (!into.rest) co_return into.rest.error();
    co_return related.take_received();
}

Read read(OctetsView octets, std::size_t piece = 16 * 1024) {
    const TemporaryFolder folder;
    Read outcome;
    auto message = run(read_all(octets, piece, folder.path(), outcome));
    if (message) outcome.message = std::move(*message);
    return outcome;
}

const Fault& refusal(const Read& outcome) { return outcome.soap ? outcome.rest.error() : outcome.soap.error(); }

Octets attachment(const Message& message, std::size_t i) {
    const auto& part = message.body->parts().at(i);
    return Octets(message.body->view().substr(part.offset, part.size));
}

const std::string soap = "--B\r\nContent-Type: text/xml\r\n\r\n<e/>";

Async<void> write_all(const Message& message, transport::KeptOctets& into) {
    return transport::write_related(into, "B", message);
}

std::string written(const Message& message) {
    transport::KeptOctets kept;
    auto done = run(write_all(message, kept));
    REQUIRE(done);
    CHECK(kept.finished);
    CHECK(kept.octets.size() == transport::related_octets("B", message));
    return kept.octets;
}

}  // namespace

TEST_CASE("the first part is the SOAP message, and each further one an attachment with a digest of its own") {
    const std::string octets =
        "--B\r\nContent-Type: text/xml; charset=UTF-8\r\nContent-ID: <soap>\r\n\r\n<e/>\n\r\n"
        "--B\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAA==\r\n\r\n"
        "--B\r\ncontent-type: a/b\r\n\r\n\r\n--B--\r\n";
    for (const std::size_t piece : {1u, 7u, 4096u}) {
        CAPTURE(piece);
        const auto got = read(octets, piece);
        REQUIRE(got.soap);
        REQUIRE(got.rest);
        const auto& message = got.message;
        CHECK(message.language == message::Language::soap);
        CHECK(message.type == "text/xml; charset=UTF-8");
        CHECK(message.headers == message::Fields{{"Content-ID", "<soap>"}});
        CHECK(message.part == "<e/>\n");
        CHECK(message.part_sha512 == keys::sha512("<e/>\n"));
        REQUIRE(message.attachments.size() == 2);
        CHECK(message.attachments[0].type == "application/pdf");
        CHECK(message.attachments[0].headers == message::Fields{{"Content-Transfer-Encoding", "base64"}});
        CHECK(message.attachments[1].type == "a/b");
        REQUIRE(message.body->parts().size() == 2);
        CHECK(attachment(message, 0) == "AA==\r\n");
        CHECK(attachment(message, 1) == "");
        CHECK(message.digests().at(1) == keys::sha512("AA==\r\n"));
        CHECK(message.digests().at(2) == keys::sha512(""));
    }
}

TEST_CASE("a multipart of the SOAP message alone has no attachments and no payload") {
    const auto got = read(soap + "\r\n--B--");
    REQUIRE(got.rest);
    CHECK(got.message.attachments.empty());
    CHECK(got.message.body == nullptr);
    CHECK(got.message.digests().size() == 1);
}

TEST_CASE("multiparts within the multipart are flattened, leaf by leaf, in the order of the document") {
    const std::string inner =
        "\r\n--C\r\nContent-Type: a/2\r\n\r\ntwo\r\n--C\r\nContent-Type: MULTIPART/mixed; boundary=D\r\n\r\n"
        "--D\r\nContent-Type: a/3\r\n\r\nthree\r\n--D--\r\n\r\n--C--\r\n";
    for (const std::size_t piece : {1u, 4096u}) {
        const auto got = read(soap +
                                  "\r\n--B\r\nContent-Type: a/1\r\n\r\none\r\n--B\r\nContent-Type: multipart/related; "
                                  "boundary=\"C\"\r\n\r\n" +
                                  inner + "\r\n--B\r\nContent-Type: a/4\r\n\r\nfour\r\n--B--\r\n",
                              piece);
        REQUIRE(got.rest);
        REQUIRE(got.message.attachments.size() == 4);
        std::string all;
        for (std::size_t i = 0; i < 4; ++i)
            all += got.message.attachments[i].type + '=' + attachment(got.message, i) + ' ';
        CHECK(all == "a/1=one a/2=two a/3=three a/4=four ");
    }
    const auto first = read(
        "--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\nContent-Type: text/xml\r\n\r\n<e/>\r\n"
        "--C\r\nContent-Type: a/1\r\n\r\none\r\n--C--\r\n\r\n--B--\r\n");
    REQUIRE(first.rest);
    CHECK(first.message.part == "<e/>");
    CHECK(attachment(first.message, 0) == "one");
}

TEST_CASE("headers of parts are kept: unfolded, and of equal names the last") {
    const auto got = read(
        soap + "\r\n--B\r\nX-One: 1\r\nContent-Type: a/b;\r\n  c=d\r\nX-Folded: a\r\n b\r\nx-one: 2\r\n\r\n\r\n--B--");
    REQUIRE(got.rest);
    REQUIRE(got.message.attachments.size() == 1);
    CHECK(got.message.attachments[0].type == "a/b;  c=d");
    CHECK(got.message.attachments[0].headers == message::Fields{{"X-Folded", "a b"}, {"x-one", "2"}});
}

TEST_CASE("what RFC 2046 lets a sender do is read, and bare line feeds as genuine servers read them") {
    const struct {
        const char* what;
        std::string octets;
    } rows[] = {
        {"a preamble", "for old programs\r\n\r\n" + soap + "\r\n--B\r\nContent-Type: a/b\r\n\r\nx\r\n--B--\r\n"},
        {"an epilogue", soap + "\r\n--B\r\nContent-Type: a/b\r\n\r\nx\r\n--B--\r\nbehind\r\n--B\r\n"},
        {"no line end behind the end", soap + "\r\n--B\r\nContent-Type: a/b\r\n\r\nx\r\n--B--"},
        {"blanks behind a delimiter", soap + "\r\n--B \t\r\nContent-Type: a/b\r\n\r\nx\r\n--B-- \r\n"},
        {"bare line feeds", "--B\nContent-Type: text/xml\n\n<e/>\n--B\nContent-Type: a/b\n\nx\n--B--\n"},
    };
    for (const auto& [what, octets] : rows) {
        CAPTURE(what);
        const auto got = read(octets);
        REQUIRE(got.soap);
        REQUIRE(got.rest);
        CHECK(got.message.part == "<e/>");
        REQUIRE(got.message.attachments.size() == 1);
        CHECK(attachment(got.message, 0) == "x");
    }
}

TEST_CASE("a multipart is refused, with its reason, when") {
    std::string deep = soap + "\r\n--B\r\nContent-Type: multipart/mixed; boundary=C0\r\n\r\n";
    for (int i = 0; i < 4; ++i)
        deep += "--C" + std::to_string(i) + "\r\nContent-Type: multipart/mixed; boundary=C" + std::to_string(i + 1) +
                "\r\n\r\n";
    deep += "more";
    std::string many = soap;
    for (int i = 0; i < 600; ++i) many += "\r\n--B\r\nContent-Type: a/b\r\n\r\n";
    many += "\r\n--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n";
    for (int i = 0; i < 402; ++i) many += "\r\n--C\r\nContent-Type: a/b\r\n\r\n";
    std::string wordy = soap + "\r\n--B\r\nContent-Type: a/b\r\n";
    for (int i = 0; i < 200; ++i) wordy += "X-" + std::to_string(i) + ": " + std::string(5'300 / 6, 'x') + "\r\n";
    const std::string again = wordy.substr(soap.size());
    for (int i = 0; i < 6; ++i) wordy += "\r\n" + again;
    const struct {
        const char* when;
        std::string octets;
        FaultCode code;
        std::string_view says;
    } rows[] = {
        {"it is empty", "", FaultCode::mime_parsing_failed, "first delimiter"},
        {"it has another boundary", "--X\r\n\r\n", FaultCode::mime_parsing_failed, "first delimiter"},
        {"it has no part", "--B--\r\n", FaultCode::missing_soap, "no part"},
        {"its first part is no SOAP", "--B\r\nContent-Type: text/html\r\n\r\n<e/>\r\n--B--",
         FaultCode::invalid_content_type, "text/html"},
        {"its first leaf is no SOAP",
         "--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\nContent-Type: a/b\r\n\r\n\r\n--C--\r\n--B--",
         FaultCode::invalid_content_type, "a/b"},
        {"its SOAP part has no type", "--B\r\n\r\n<e/>\r\n--B--", FaultCode::invalid_content_type, "no Content-Type"},
        {"an attachment has no type", soap + "\r\n--B\r\nX: y\r\n\r\n\r\n--B--", FaultCode::invalid_content_type,
         "no Content-Type"},
        {"a part has two types", soap + "\r\n--B\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n\r\n\r\n--B--",
         FaultCode::mime_parsing_failed, "two content-type"},
        {"a header could not be written again", soap + "\r\n--B\r\nContent-Type: a/b\r\nX(1): y\r\n\r\n\r\n--B--",
         FaultCode::mime_parsing_failed, "not one of HTTP's"},
        {"a header has a control character", soap + "\r\n--B\r\nContent-Type: a/b\r\nX: \x01\r\n\r\n\r\n--B--",
         FaultCode::mime_parsing_failed, "control character"},
        {"a header is longer than a line",
         soap + "\r\n--B\r\nContent-Type: a/b\r\nX: " + std::string(600, 'x') + "\r\n " + std::string(600, 'x') +
             "\r\n\r\n\r\n--B--",
         FaultCode::mime_parsing_failed, "more than 950 octets"},
        {"a transfer encoding is unknown",
         soap + "\r\n--B\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: x-uu\r\n\r\n\r\n--B--",
         FaultCode::mime_parsing_failed, "Content-Transfer-Encoding"},
        {"the SOAP part was cut", soap, FaultCode::mime_parsing_failed, "end delimiter is missing"},
        {"headers were cut", soap + "\r\n--B\r\nContent-Ty", FaultCode::mime_parsing_failed, "inside the headers"},
        {"an attachment was cut", soap + "\r\n--B\r\nContent-Type: a/b\r\n\r\nhal", FaultCode::mime_parsing_failed,
         "end delimiter is missing"},
        {"a multipart within was cut",
         soap +
             "\r\n--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\nContent-Type: a/b\r\n\r\nx\r\n--B--",
         FaultCode::mime_parsing_failed, "end delimiter is missing"},
        {"a multipart within has no boundary", soap + "\r\n--B\r\nContent-Type: multipart/mixed\r\n\r\n\r\n--B--",
         FaultCode::mime_parsing_failed, "no boundary"},
        {"multiparts stand too deep", deep, FaultCode::too_large, "deep"},
        {"there are too many attachments", many, FaultCode::too_large, "more than 1000 attachments"},
        {"headers are too many in all", wordy, FaultCode::too_large, "1 MiB of headers"},
        {"the SOAP part is too large", soap + std::string(10 * 1024 * 1024, 'x'), FaultCode::too_large, "SOAP part"},
    };
    for (const auto& [when, octets, code, says] : rows) {
        CAPTURE(when);
        const auto got = read(octets);
        REQUIRE_FALSE((got.soap && got.rest));
        CHECK(spelling(refusal(got).code) == spelling(code));
        CHECK_MESSAGE(contains(refusal(got).detail, says), refusal(got).detail);
    }
}

TEST_CASE("what is wrong behind the SOAP part is told only when that is read, however the octets came") {
    const std::string octets = soap + "\r\n--B\r\nX: y\r\n\r\n\r\n--B--";
    for (const std::size_t piece : {1u, 4096u}) {
        const auto got = read(octets, piece);
        CHECK(got.soap);
        REQUIRE_FALSE(got.rest);
        CHECK(got.rest.error().code == FaultCode::invalid_content_type);
    }
}

TEST_CASE("a message is put together again with its own octets, framed as genuine writers do") {
    const auto alone = read(soap + "\r\n--B--");
    CHECK(written(alone.message) == "--B\r\ncontent-type: text/xml\r\n\r\n<e/>\r\n--B--\r\n");
    const auto more = read(
        soap +
        "\r\n--B\r\nContent-Type: a/b\r\nContent-ID: <1>\r\n\r\none\r\n\r\n--B\r\nContent-Type: c/d\r\n\r\n\r\n--B--");
    CHECK(written(more.message) ==
          "--B\r\ncontent-type:text/xml\r\n\r\n<e/>\r\n"
          "--B\r\ncontent-type:a/b\r\nContent-ID: <1>\r\n\r\none\r\n\r\n"
          "--B\r\ncontent-type:c/d\r\n\r\n\r\n--B--\r\n");
}

TEST_CASE("attachments beyond 64 KiB lie on disk and are written from there") {
    std::string large(200'000, 'x');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 3);
    const TemporaryFolder folder;
    Read outcome;
    const std::string octets = soap + "\r\n--B\r\nContent-Type: a/b\r\n\r\nsmall\r\n--B\r\nContent-Type: a/b\r\n\r\n" +
                               large + "\r\n--B\r\nContent-Type: a/b\r\n\r\nlast\r\n--B--\r\n";
    auto message = run(read_all(octets, 16 * 1024, folder.path(), outcome));
    REQUIRE(message);
    CHECK_FALSE(message->body->in_memory());
    CHECK(message->digests().at(2) == keys::sha512(large));
    auto again = written(*message);
    CHECK(contains(again, "content-type:a/b\r\n\r\n" + large + "\r\n--B\r\ncontent-type:a/b\r\n\r\nlast\r\n--B--\r\n"));
}

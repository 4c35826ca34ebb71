// The direct form: one reference for each part, exclusive canonicalisation, no wrapper, no policy (item 104).
#include "certs/signature/verify.hpp"

#include "tests/certs/signature/direct_form.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

using namespace onceway;
using namespace onceway::tests;
using signature::Mode;

namespace {

signature::Question question(const std::string& document, const std::vector<Octets>& parts) {
    signature::Question asked{signing_member, {}, document, std::nullopt, std::nullopt};
    for (const Octets& part : parts)
        asked.parts.push_back({asked.parts.empty() ? "/message.xml" : fmt::format("/attachment{}", asked.parts.size()),
                               keys::sha512(part), std::nullopt});
    return asked;
}

}  // namespace

TEST_CASE("a signature with a reference for each part verifies, in whatever order they stand") {
    const Signer signer;
    for (const auto& parts : std::vector<std::vector<std::pair<std::string, Octets>>>{
             {{"/message.xml", "message"}, {"/attachment1", "body"}},
             {{"/attachment1", "body"}, {"/message.xml", "message"}}}) {
        const std::string document = DirectForm(signer).sign(parts);
        for (const auto mode : {Mode::strict, Mode::compatible}) {
            const auto verified =
                signature::verify(question(document, {"message", "body"}), *signer.trust, test_time(), mode);
            REQUIRE_MESSAGE(verified, (verified ? "" : verified.error().wire_code() + verified.error().detail));
            CHECK_FALSE(verified->by_chain);
            CHECK(verified->covered == std::vector<bool>{true, true});
        }
    }
}

TEST_CASE("a signature with references is refused when") {
    const Signer signer;
    const DirectForm form(signer);
    const std::pair<std::string, Octets> message{"/message.xml", "message"}, body{"/attachment1", "body"};
    struct {
        std::string why, document;
        std::vector<Octets> received;
        std::string code, genuine;
    } const rows[] = {
        {"a part was added",
         form.sign({message, body}),
         {"message", "body", "more"},
         "malformed_signature.hashchain_unused_inputs",
         ""},
        {"it does not cover the message",
         form.sign({body}),
         {"message", "body"},
         "malformed_signature.hashchain_unused_inputs",
         ""},
        {"it does not cover its properties",
         form.sign({message, body}, false),
         {"message", "body"},
         "malformed_signature",
         ""},
        {"it covers one part twice",
         form.sign({message, message, body}),
         {"message", "body"},
         "malformed_signature",
         ""},
        {"the body was changed",
         form.sign({message, body}),
         {"message", "other"},
         "invalid_signature_value",
         "invalid_signature_value"},
        {"the body was taken away", form.sign({message, body}), {"message"}, "internal_error", "internal_error"},
        {"it refers to a file of its own",
         form.sign({message, {"/foo.bar", "x"}}),
         {"message"},
         "invalid_signature_value",
         "invalid_signature_value"},
        {"its time was changed",
         replaced(form.sign({message}), "10:15:30Z", "10:15:31Z"),
         {"message"},
         "invalid_signature_value",
         "invalid_signature_value"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.why);
        const auto strict = signature::verify(question(row.document, row.received), *signer.trust, test_time());
        REQUIRE_FALSE(strict);
        CHECK_MESSAGE(strict.error().wire_code() == row.code, strict.error().detail);
        const auto genuine =
            signature::verify(question(row.document, row.received), *signer.trust, test_time(), Mode::compatible);
        CHECK((genuine ? "" : genuine.error().wire_code()) == row.genuine);
    }
}

#include "security-server/admin/peer_ocsp.hpp"

#include "schemas/message/mime.hpp"
#include "security-server/admin/ocsp_port.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <boost/json.hpp>

using namespace onceway;
using namespace onceway::tests;
namespace json = boost::json;

namespace {

/// Another server's port 5577, and a chain of two that it answers for.
struct PeerWorld {
    FixedClock clock{test_time()};
    CertificateAuthority top{"Top CA"}, issuing{top, "Issuing CA"};
    x509::Certificate leaf = issuing.issue_authentication("peer.test").certificate;
    std::vector<x509::Certificate> chain{leaf, issuing.certificate()};
    std::shared_ptr<registry_view::Snapshot> snapshot = std::make_shared<registry_view::Snapshot>();
    std::vector<std::string> asked;
    int status = 200;
    std::size_t parts_left_out = 0;
    std::string second_host;
    admin::AskedPeerOcsp peers{5577, clock,
                               [this](channel::FetchRequest request) { return answer(std::move(request)); }};

    PeerWorld() { publish(); }
    void publish() {
        auto shared = shared_parameters(top);
        registry::CaCertificate intermediate{issuing.certificate().der(),
                                             {{"http://127.0.0.1:8889/", issuing.responder().certificate.der(), {}}}};
        shared.approved_cas[0].intermediates.push_back(intermediate);
        snapshot = std::make_shared<registry_view::Snapshot>();
        snapshot->trust = trust_of(shared);
    }

    Async<channel::FetchAnswer> answer(channel::FetchRequest request) {
        asked.push_back(request.url.text());
        if (status != 200) co_return channel::FetchAnswer{status, {}, "no OCSP answer"};
        const auto wanted = must(admin::read_ocsp_target(request.url.target));
        message::MimeWriter writer("boundary");
        Octets body;
        for (std::size_t i = 0; i + parts_left_out < wanted.size(); ++i) {
            const bool is_leaf = wanted[i] == leaf.sha1();
            body += writer.open_part("application/ocsp-response");
            body += is_leaf ? issuing.ocsp(leaf, clock.now()) : top.ocsp(issuing.certificate(), clock.now());
        }
        body += writer.close();
        co_return channel::FetchAnswer{
            200, {{"Content-Type", "multipart/related; boundary=boundary"}}, std::move(body)};
    }
    Result<std::vector<Octets>> answers() { return run(peers.answers("192.0.2.7", chain, snapshot)); }
};

}  // namespace

TEST_CASE("MT-64: exactly what is not remembered is asked for, with cert and cert_hash in the order of the chain") {
    PeerWorld world;
    const auto first = world.answers();
    REQUIRE_MESSAGE(first, first.error().detail);
    CHECK(must(x509::ocsp_matches((*first)[0], world.leaf, world.issuing.certificate())));
    CHECK(must(x509::ocsp_matches((*first)[1], world.issuing.certificate(), world.top.certificate())));
    CHECK(world.asked == std::vector<std::string>{
                             fmt::format("http://192.0.2.7:5577/?cert={}&cert={}&cert_hash={}&cert_hash={}",
                                         to_hex(world.leaf.sha1()), to_hex(world.issuing.certificate().sha1()),
                                         to_hex(world.leaf.sha256()), to_hex(world.issuing.certificate().sha256()))});
    CHECK(world.answers());
    CHECK(world.asked.size() == 1);

    SUBCASE("another server behind the same authority: only its own certificate is asked for") {
        world.leaf = world.issuing.issue_authentication("second.test").certificate;
        world.chain[0] = world.leaf;
        CHECK(world.answers());
        CHECK(world.asked.back() == fmt::format("http://192.0.2.7:5577/?cert={}&cert_hash={}",
                                                to_hex(world.leaf.sha1()), to_hex(world.leaf.sha256())));
    }
    SUBCASE("another configuration: everything is asked for again") {
        world.publish();
        CHECK(world.answers());
        CHECK(world.asked.size() == 2);
    }
}

TEST_CASE("MT-65: fewer answers than were asked for, or another status than 2xx, is a failure of authentication") {
    PeerWorld world;
    std::string says;
    SUBCASE("one part is missing") {
        world.parts_left_out = 1;
        says = "1 answers came for 2 certificates";
    }
    SUBCASE("the peer answered 500") {
        world.status = 500;
        says = "it answered 500";
    }
    const auto refused = world.answers();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().wire_code() == "ssl_authentication_failed.internal_error");
    CHECK_MESSAGE(contains(refused.error().detail, says), refused.error().detail);
}

TEST_CASE("MT-66: remembered answers that have grown older than the configuration allows are asked for again") {
    PeerWorld world;
    CHECK(world.answers());
    world.clock.advance(std::chrono::seconds(3600));
    CHECK(world.answers());
    CHECK(world.asked.size() == 1);
    world.clock.advance(std::chrono::seconds(1));
    CHECK(world.answers());
    CHECK(world.asked.size() == 2);
}

TEST_CASE("an answer that is not authentic is handed on for the judge to refuse, and never remembered") {
    PeerWorld world;
    const CertificateAuthority impostor("Issuing CA");
    world.issuing = impostor;
    CHECK(world.answers());
    CHECK(world.answers());
    CHECK(world.asked.size() == 2);
}

TEST_CASE("the answer of port 5577 is read strictly") {
    const std::string type = "multipart/related; type=\"application/ocsp-response\"; charset=UTF-8; boundary=b";
    const std::string good = "--b\r\nContent-Type: application/ocsp-response\r\n\r\nDER\r\n--b--\r\n";
    CHECK(must(admin::read_ocsp_parts(type, good)) == std::vector<Octets>{"DER"});
    CHECK(must(admin::read_ocsp_parts(type, "--b\r\nContent-Type: text/plain\r\n\r\nDER\r\n--b--\r\n")).empty());
    struct {
        const char* what;
        std::string type, body;
    } const rows[] = {
        {"without a boundary", "multipart/related", good},
        {"without an end", type, good.substr(0, good.size() - 7)},
        {"with an answer above 64 KiB", type,
         "--b\r\nContent-Type: application/ocsp-response\r\n\r\n" + std::string(65 * 1024, 'x') + "\r\n--b--\r\n"},
        {"as plain text", "text/plain", "no OCSP answer"},
    };
    for (const auto& [what, content_type, body] : rows)
        SUBCASE(what) CHECK_FALSE(admin::read_ocsp_parts(content_type, body));
}

TEST_CASE(
    "recorded answers of genuine servers give their parts in order, and recorded questions are read as they were") {
    const auto folder = vectors();
    if (!folder) return;
    std::size_t ran = 0;
    for (const char* name :
         {"ocsp-5577-consumer-fetch", "ocsp-5577-two-certificates", "ocsp-5577-two-certificates-reversed"}) {
        CAPTURE(name);
        const auto place = *folder / "ocsp-port" / name;
        const auto exchange = json::parse(contents_of(place / "exchange.json"));
        const std::string type(exchange.at("contentType").as_string());
        const auto parts = admin::read_ocsp_parts(type, contents_of(place / "response-ocsp.body"));
        REQUIRE_MESSAGE(parts, parts.error().detail);
        CHECK(parts->size() == exchange.at("parts").as_array().size());
        for (std::size_t i = 0; i < parts->size(); ++i)
            CHECK((*parts)[i] == contents_of(place / fmt::format("ocsp-{}.der", i + 1)));

        const auto request = contents_of(place / "request-ocsp.http");
        const auto target = request.substr(4, request.find(" HTTP/1.1") - 4);
        const auto asked = admin::read_ocsp_target(target);
        REQUIRE(asked);
        std::vector<x509::Certificate> certificates;
        for (const auto& path : exchange.at("certificates").as_array())
            certificates.push_back(
                must(x509::Certificate::from_pem_or_der(contents_of(*folder / std::string(path.as_string())))));
        REQUIRE(asked->size() == certificates.size());
        for (std::size_t i = 0; i < asked->size(); ++i) CHECK((*asked)[i] == certificates[i].sha1());
        CHECK(admin::ocsp_target(certificates) == target);
        ++ran;
    }
    MESSAGE("recorded OCSP exchanges: " << ran << " ran");
}

TEST_CASE("a question on port 5577 is refused when") {
    struct {
        const char* what;
        std::string target;
        std::string_view says;
    } const rows[] = {
        {"there is no parameter", "/", "no parameter 'cert'"},
        {"there is only cert_hash", "/?cert_hash=" + std::string(64, 'a'), "no parameter 'cert'"},
        {"the digest is in capitals", "/?cert=" + std::string(40, 'A'), "lower-case"},
        {"the digest is too short", "/?cert=" + std::string(39, 'a'), "40"},
        {"there are too many",
         "/?cert=" + std::string(40, 'a') +
             [] {
                 std::string more;
                 for (int i = 0; i < 16; ++i) more += "&cert=" + std::string(40, 'a');
                 return more;
             }(),
         "more than 16"},
    };
    for (const auto& [what, target, says] : rows) SUBCASE(what) {
            const auto refused = admin::read_ocsp_target(target);
            REQUIRE_FALSE(refused);
            CHECK_MESSAGE(contains(refused.error().detail, says), refused.error().detail);
        }
}

// TLS at each kind of door, between our own ends and towards foreign ones (openssl s_client, curl).
#include "certs/channel/tls.hpp"

#include "tests/certs/channel/door.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <optional>

using namespace onceway;
using namespace std::chrono_literals;
using boost::asio::awaitable;
using channel::Connection;
using channel::TlsContext;
using channel::TlsIdentity;
using tests::contains;
using tests::must;
using tests::OpenDoor;

namespace {

using Context = std::shared_ptr<TlsContext>;

/// Two authorities above each other, and servers whose chains go through the lower one.
struct State {
    tests::CertificateAuthority root{"Root"}, below{root, "Below"};
    TlsIdentity server(std::string_view kind = "P-256") const { return chain("provider.test", kind, 1); }
    TlsIdentity caller(std::string_view kind = "P-256") const { return chain("consumer.test", kind, 2); }

private:
    TlsIdentity chain(std::string_view name, std::string_view kind, int number) const {
        auto& leaf = issued_[std::string(name) + std::string(kind)];
        if (!leaf) leaf = below.issue_authentication(name, tests::shared_key(kind, number));
        return {{leaf->certificate, below.certificate()}, leaf->key};
    }
    mutable std::map<std::string, std::optional<tests::Identity>> issued_;
};

constexpr std::string_view shown_by_caller = "presented 2 <O=Operator,C=ZA,CN=consumer.test> <CN=Below,";

bool anybody(const x509::Certificate&) { return true; }

/// Answers with the subjects that were presented.
awaitable<void> name_caller(channel::Exchange& exchange) {
    std::string names = "presented " + std::to_string(exchange.peer_certificates().size());
    for (const auto& certificate : exchange.peer_certificates()) names += " <" + certificate.subject() + ">";
    const message::Fields none;
    static_cast<void>((co_await exchange.respond(200, "OK", none, names)).has_value());
}

channel::ListenerSettings speaking(Context tls) {
    channel::ListenerSettings settings;
    settings.tls = std::move(tls);
    return settings;
}

struct Met {
    std::string body;
    std::vector<x509::Certificate> presented;
    bool resumed = false;
};

/// One exchange on a connection of its own, through `tls`.
Async<Met> meet(std::uint16_t port, Context tls) {
    channel::ConnectTo where;
    where.host = "127.0.0.1";
    where.port = port;
    where.tls = std::move(tls);
    auto opened = co_await Connection::open(std::move(where));
    if (!opened) co_return opened.error();
    auto& connection = **opened;
    const message::Fields fields{{"Connection", "close"}};
    const auto request = channel::write_request_head("GET", "/", "x", fields, {});
    auto written = co_await connection.write(request);
    if (!written) co_return written.error();
    const message::HeadRules rules;
    auto head = co_await connection.read_head(rules, 5s);
    if (!head) co_return head.error();
    Met met{{}, connection.peer_certificates(), connection.resumed()};
    for (;;) {
        auto octets = co_await connection.read_body(5s);
        if (!octets) co_return octets.error();
        if (octets->empty()) co_return met;
        met.body.append(*octets);
    }
}
Result<Met> met_at(const OpenDoor& door, const Context& tls) { return tests::run(meet(door.port(), tls)); }

/// Writes an identity to files for the tools.
struct Files {
    explicit Files(const TlsIdentity& identity) {
        std::string whole;
        for (const auto& certificate : identity.chain) whole += certificate.pem();
        tests::write_file(folder / "chain.pem", whole);
        tests::write_file(folder / "leaf.pem", identity.chain.front().pem());
        tests::write_file(folder / "above.pem", identity.chain.back().pem());
        tests::write_file(folder / "key.pem", identity.key->to_pem(""));
    }
    tests::TemporaryFolder folder;
    std::string credentials() const {
        const auto at = folder.path().string();
        return " -cert " + at + "/leaf.pem -cert_chain " + at + "/above.pem -key " + at + "/key.pem ";
    }
};

/// What openssl s_client prints about a connection on which it asks for "/".
std::string s_client(std::uint16_t port, const std::string& options) {
    const auto command =
        "printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | timeout 20 openssl s_client "
        "-connect 127.0.0.1:" +
        std::to_string(port) + " -ign_eof " + options;
    return tests::run_tool({"sh", "-c", command}).output;
}

}  // namespace

TEST_CASE("two of our servers meet, and each sees the chain of the other, leaf first and without its root") {
    const State state;
    const OpenDoor door(name_caller,
                        speaking(must(TlsContext::peer_server(state.server(), anybody, {state.root.certificate()}))));
    const auto met = met_at(door, must(TlsContext::peer_client(state.caller())));
    REQUIRE(met);
    CAPTURE(met->body);
    CHECK(contains(met->body, shown_by_caller));
    CHECK(contains(met->body, "<CN=Below,"));
    REQUIRE(met->presented.size() == 2);
    CHECK(met->presented[0] == state.server().chain[0]);
    CHECK(met->presented[1] == state.below.certificate());
}

TEST_CASE("a caller is refused in the handshake when") {
    const State state;
    const auto own = must(TlsContext::peer_client(state.caller()));
    SUBCASE("its certificate is not registered") {
        auto nobody = [](const x509::Certificate&) { return false; };
        const OpenDoor door(name_caller, speaking(must(TlsContext::peer_server(state.server(), nobody, {}))));
        const auto met = met_at(door, own);
        REQUIRE_FALSE(met);
        CHECK(contains(met.error().detail, "alert bad certificate"));
    }
    SUBCASE("it shows no certificate") {
        const OpenDoor door(name_caller, speaking(must(TlsContext::peer_server(state.server(), anybody, {}))));
        const auto met = met_at(door, must(TlsContext::service_client({}, nullptr)));
        REQUIRE_FALSE(met);
        CHECK(contains(met.error().detail, "certificate required"));
    }
    SUBCASE("its key is too small") {
        const tests::TemporaryFolder folder;
        const auto at = folder.path().string();
        REQUIRE(tests::run_tool({"openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=weak",
                                 "-days", "30", "-keyout", at + "/key.pem", "-out", at + "/chain.pem"})
                    .status == 0);
        const OpenDoor door(name_caller, speaking(must(TlsContext::peer_server(state.server(), anybody, {}))));
        const auto seen =
            s_client(door.port(), "-cipher DEFAULT@SECLEVEL=0 -cert " + at + "/chain.pem -key " + at + "/key.pem");
        CHECK_FALSE(contains(seen, "presented"));
        CHECK(contains(seen, "alert"));
    }
    SUBCASE("its chain is longer than any that is allowed") {
        const Files files(state.caller());
        std::string long_chain;
        while (long_chain.size() < 100'000) long_chain += state.below.certificate().pem();
        tests::write_file(files.folder / "above.pem", long_chain);
        const OpenDoor door(name_caller, speaking(must(TlsContext::peer_server(state.server(), anybody, {}))));
        const auto seen = s_client(door.port(), files.credentials());
        CHECK_FALSE(contains(seen, "presented"));
        CHECK(contains(seen, "alert"));
    }
    SUBCASE("it shows more certificates than a chain has") {
        TlsIdentity many = state.caller();
        for (int i = 0; i < 4; ++i)
            many.chain.push_back(tests::CertificateAuthority("Filler " + std::to_string(i)).certificate());
        const OpenDoor door(name_caller, speaking(must(TlsContext::peer_server(state.server(), anybody, {}))));
        const auto met = met_at(door, must(TlsContext::peer_client(many)));
        REQUIRE_FALSE(met);
        CHECK(contains(met.error().detail, "alert"));
    }
}

TEST_CASE("port 5500 speaks TLS 1.3, and 1.2 with the genuine suites and the authenticated ones, and nothing else") {
    const State state;
    const Files caller(state.caller("RSA-2048"));
    struct {
        const char *key, *options, *outcome;
    } const rows[] = {
        {"RSA-2048", "-tls1_3", "TLSv1.3"},
        {"P-256", "-tls1_3", "TLSv1.3"},
        {"RSA-2048", "-tls1_2 -cipher ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384"},
        {"RSA-2048", "-tls1_2 -cipher DHE-RSA-AES256-SHA256", "DHE-RSA-AES256-SHA256"},
        {"P-256", "-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES256-SHA384"},
        {"P-384", "-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES256-SHA384"},
        {"RSA-2048", "-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
        {"RSA-2048", "-tls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"},
        {"RSA-2048", "-tls1_2 -groups P-384 -cipher ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384"},
        {"RSA-2048", "-tls1_1 -cipher DEFAULT@SECLEVEL=0", nullptr},
        {"RSA-2048", "-tls1 -cipher DEFAULT@SECLEVEL=0", nullptr},
        {"RSA-2048", "-tls1_2 -cipher AES256-GCM-SHA384", nullptr},
        {"RSA-2048", "-tls1_2 -cipher AES256-SHA256", nullptr},
        {"RSA-2048", "-tls1_2 -cipher ECDHE-RSA-AES128-SHA256", nullptr},
        {"RSA-2048", "-tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384", nullptr},
        {"RSA-2048", "-tls1_3 -groups P-521", nullptr},
    };
    for (const auto& [key, options, outcome] : rows) SUBCASE((std::string(key) + " " + options).c_str()) {
            const OpenDoor door(name_caller, speaking(must(TlsContext::peer_server(state.server(key), anybody, {}))));
            const auto seen = s_client(door.port(), caller.credentials() + options);
            CAPTURE(seen);
            CHECK(contains(seen, "presented 2") == (outcome != nullptr));
            CHECK(contains(seen, outcome ? outcome : "alert"));
            CHECK_FALSE(contains(seen, "Compression: zlib"));
        }
}

TEST_CASE("a connection is not renegotiated") {
    const State state;
    const Files caller(state.caller());
    const OpenDoor door(name_caller, speaking(must(TlsContext::peer_server(state.server(), anybody, {}))));
    const auto command =
        "printf 'R\\n' | timeout 20 openssl s_client -tls1_2 -connect 127.0.0.1:" + std::to_string(door.port()) +
        caller.credentials();
    const auto seen = tests::run_tool({"sh", "-c", command}).output;
    CHECK(contains(seen, "RENEGOTIATING"));
    CHECK(contains(seen, "no renegotiation"));
}

TEST_CASE("a session is resumed on port 5500, and the resumed connection knows the chain of the first") {
    const State state;
    const Files caller(state.caller());
    for (const char* version : {"-tls1_2", "-tls1_3"}) SUBCASE(version) {
            std::atomic<bool> registered = true;
            auto ask = [&](const x509::Certificate&) { return registered.load(); };
            const auto context = must(TlsContext::peer_server(state.server(), ask, {}));
            const OpenDoor door(name_caller, speaking(context));
            const auto session = (caller.folder / "session.pem").string();
            const auto first = s_client(door.port(), caller.credentials() + version + " -sess_out " + session);
            CHECK(contains(first, "New, "));
            CHECK(contains(first, shown_by_caller));

            const auto again = caller.credentials() + version + " -sess_in " + session;
            const auto second = s_client(door.port(), again);
            CHECK(contains(second, "Reused, "));
            CHECK(contains(second, shown_by_caller));

            SUBCASE("until its certificate is no longer registered") {
                registered = false;
                const auto refused = s_client(door.port(), again);
                CHECK_FALSE(contains(refused, "presented"));
                CHECK(contains(refused, "alert"));
            }
            SUBCASE("until the tickets are renewed: then it shakes hands anew") {
                context->renew_tickets();
                const auto third = s_client(door.port(), again);
                CHECK(contains(third, "New, "));
                CHECK(contains(third, shown_by_caller));
            }
        }
}

TEST_CASE("our client resumes its session with a peer, and forgets it when told") {
    const State state;
    const OpenDoor door(name_caller, speaking(must(TlsContext::peer_server(state.server(), anybody, {}))));
    const auto own = must(TlsContext::peer_client(state.caller()));
    const auto first = must(met_at(door, own));
    const auto second = must(met_at(door, own));
    CHECK_FALSE(first.resumed);
    CHECK(second.resumed);
    CHECK(second.body == first.body);
    CHECK(second.presented == first.presented);
    CHECK(must(met_at(door, own)).resumed);  // a ticket is used once: the resumed connection brought the next
    own->renew_tickets();
    CHECK_FALSE(must(met_at(door, own)).resumed);
}

TEST_CASE("doors other than port 5500 hand out no tickets and refuse the older suites") {
    const State state;
    const OpenDoor door(name_caller, speaking(must(TlsContext::server(state.server("RSA-2048"), true))));
    const tests::TemporaryFolder folder;
    const auto session = (folder / "session.pem").string();
    for (const char* version : {"-tls1_2", "-tls1_3"}) {
        CHECK(contains(s_client(door.port(), std::string(version) + " -sess_out " + session), "presented 0"));
        CHECK_FALSE(std::filesystem::exists(session));
    }
    CHECK(contains(s_client(door.port(), "-tls1_2 -cipher ECDHE-RSA-AES256-SHA384"), "alert handshake failure"));
}

TEST_CASE("a door for information systems takes callers with and without certificate, and names them") {
    const State state;
    const OpenDoor door(name_caller, speaking(must(TlsContext::server(state.server(), true))));
    const auto caller = state.caller();
    CHECK(must(met_at(door, must(TlsContext::service_client({}, nullptr)))).body == "presented 0");
    CHECK(contains(must(met_at(door, must(TlsContext::service_client({}, &caller)))).body, shown_by_caller));
}

TEST_CASE("a service is called when its certificate is the registered one, or when none is") {
    const State state;
    const OpenDoor door(name_caller, speaking(must(TlsContext::server(state.server(), false))));
    CHECK(met_at(door, must(TlsContext::service_client({state.server().chain[0]}, nullptr))));
    CHECK(met_at(door, must(TlsContext::service_client({}, nullptr))));
    const auto met = met_at(door, must(TlsContext::service_client({state.caller().chain[0]}, nullptr)));
    REQUIRE_FALSE(met);
    CHECK(met.error().code == FaultCode::ssl_authentication_failed);
    CHECK(contains(met.error().detail, "none of those registered"));
}

TEST_CASE("a host is believed when its name and a chain to a root of ours say so") {
    const tests::CertificateAuthority root, other("Other");
    const auto own = root.issue_tls_server({"127.0.0.1", "registry.test"});
    const auto expired = root.issue({{{"CN", "127.0.0.1"}},
                                     x509::Profile::tls_server,
                                     {},
                                     {},
                                     tests::test_time() - std::chrono::days(1),
                                     {},
                                     {"127.0.0.1"},
                                     {}});
    struct {
        const char* what;
        const tests::Identity& server;
        const tests::CertificateAuthority& trusted;
        const char *name, *says;
    } const rows[] = {
        {"by its address", own, root, "127.0.0.1", nullptr},
        {"by its name", own, root, "registry.test", nullptr},
        {"not by another name", own, root, "other.test", "ostname mismatch"},
        {"not by a part of its name", own, root, "test", "ostname mismatch"},
        {"not by another address", own, root, "127.0.0.2", "IP address mismatch"},
        {"not under another root", own, other, "127.0.0.1", "unable to get local issuer"},
        {"not after its end", expired, root, "127.0.0.1", "expired"},
    };
    for (const auto& [what, server, trusted, name, says] : rows) SUBCASE(what) {
            const OpenDoor door(name_caller,
                                speaking(must(TlsContext::server({{server.certificate}, server.key}, false))));
            const auto met = met_at(door, must(TlsContext::verified_client({trusted.certificate()}, name)));
            CHECK(met.has_value() == (says == nullptr));
            if (met)
                CHECK(met->presented.front() == server.certificate);
            else
                CHECK(contains(met.error().detail, says));
        }
}

TEST_CASE("an answer that ends with the connection is whole only after the TLS close alert") {
    const State state;
    const auto client = must(TlsContext::peer_client(state.caller()));
    for (const bool whole : {true, false}) {
        auto route = [whole](channel::Exchange& exchange) -> awaitable<void> {
            const message::Fields none;
            const channel::Exchange::Streaming until_close{{}, true};
            static_cast<void>((co_await exchange.begin(200, "OK", none, until_close)).has_value());
            static_cast<void>((co_await exchange.write("all there is")).has_value());
            static_cast<void>((co_await exchange.flush()).has_value());
            if (whole) static_cast<void>((co_await exchange.finish()).has_value());
        };
        const OpenDoor door(route, speaking(must(TlsContext::peer_server(state.server(), anybody, {}))));
        const auto met = met_at(door, client);
        CHECK(met.has_value() == whole);
        if (met)
            CHECK(met->body == "all there is");
        else
            CHECK(met.error().code == FaultCode::network_error);
    }
}

TEST_CASE("curl, as a foreign caller, is understood") {
    const State state;
    const Files caller(state.caller());
    const auto at = caller.folder.path().string();
    const OpenDoor door(tests::echo, speaking(must(TlsContext::server(state.server(), true))));
    const auto url = "https://127.0.0.1:" + std::to_string(door.port());
    tests::write_file(caller.folder / "body", std::string(2'000'000, 'b'));
    struct {
        const char* what;
        std::vector<std::string> options;
    } const rows[] = {
        {"waiting for 100 Continue", {"-H", "Expect: 100-continue"}},
        {"in chunks", {"-H", "Transfer-Encoding: chunked"}},
        {"with a certificate", {"--cert", at + "/chain.pem", "--key", at + "/key.pem"}},
        {"over TLS 1.2", {"--tls-max", "1.2"}},
    };
    for (const auto& [what, options] : rows) SUBCASE(what) {
            std::vector<std::string> words{
                "curl", "-sk",          "--http1.1", "-m",          "20", "--data-binary", "@" + at + "/body",
                "-w",   "%{http_code}", "-o",        at + "/answer"};
            words.insert(words.end(), options.begin(), options.end());
            words.push_back(url + "/upload");
            CHECK(tests::run_tool(words).output == "200");
            CHECK(tests::contents_of(caller.folder / "answer") == "POST /upload\n" + std::string(2'000'000, 'b'));
        }
}

TEST_CASE("a library that lacks fixes we need is refused, unless the operator allows it") {
    CHECK_FALSE(channel::openssl_is_recent(0x30000150UL));  // 3.0.21
    CHECK_FALSE(channel::openssl_is_recent(0x1010117fUL));  // 1.1.1
    CHECK(channel::openssl_is_recent(0x30000160UL));        // 3.0.22
    CHECK(channel::openssl_is_recent(0x30200000UL));        // 3.2
    CHECK(channel::check_openssl(true));
}

TEST_CASE("an identity whose key does not fit its certificate makes no context") {
    const State state;
    TlsIdentity mixed{state.server().chain, tests::shared_key("P-384", 7)};
    const auto made = TlsContext::peer_client(mixed);
    REQUIRE_FALSE(made);
    CHECK(contains(made.error().detail, "provider.test"));
    CHECK_FALSE(TlsContext::server({}, false));
}

#include "schemas/description/wsdl.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/effort.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace onceway;
using namespace onceway::description;
using namespace std::chrono_literals;
using tests::contains;

namespace {

/// A WSDL of one service; a test replaces the piece that it is about.
struct Wsdl {
    std::string binding_extension = R"(<soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>)";
    std::string port_operations =
        R"(<operation name="apply"><documentation><x:title> Apply for a grant </x:title></documentation></operation>)";
    std::string operations = R"(<operation name="apply"><x:version>v1</x:version></operation>)";
    std::string ports = R"(<port name="p" binding="tns:b"><soap:address location="http://10.0.0.1/grants"/></port>)";
    std::string more;

    std::string text() const {
        return fmt::format(R"(<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:tns="urn:grants"
    xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:http="http://schemas.xmlsoap.org/wsdl/http/"
    xmlns:x="http://x-road.eu/xsd/xroad.xsd" targetNamespace="urn:grants">
<portType name="t">{}</portType>
<binding name="b" type="tns:t">{}{}</binding>
{}<service name="s">{}</service>
</definitions>
)",
                           port_operations, binding_extension, operations, more, ports);
    }
};

std::vector<WsdlService> services_of(const Wsdl& wsdl) {
    const auto services = read_wsdl(wsdl.text());
    REQUIRE(services);
    return *services;
}

}  // namespace

TEST_CASE("an operation of a SOAP binding that a port offers is a service: code, version, title, address") {
    const std::vector<WsdlService> expected{{"apply", "v1", "Apply for a grant", "http://10.0.0.1/grants"}};
    CHECK(services_of({}) == expected);
    SUBCASE("over SOAP 1.2 as well") {
        Wsdl wsdl;
        wsdl.binding_extension = R"(<soap12:binding transport="http://schemas.xmlsoap.org/soap/http"/>)";
        wsdl.ports = R"(<port binding="tns:b"><soap12:address location="http://10.0.0.1/grants"/></port>)";
        CHECK(services_of(wsdl) == expected);
    }
    SUBCASE("in another encoding, which it declares") {
        Wsdl wsdl;
        wsdl.port_operations =
            "<operation name='apply'><documentation><title>Ehitusj\xe4relevalve</title></documentation></operation>";
        auto text = wsdl.text();
        text.replace(text.find("UTF-8"), 5, "ISO-8859-1");
        CHECK(read_wsdl(text).value().at(0).title == "Ehitusj\xc3\xa4relevalve");
    }
    SUBCASE("behind a byte order mark, and without a declaration") {
        auto text = Wsdl{}.text();
        text = "\xef\xbb\xbf" + text.substr(text.find('\n') + 1);
        CHECK(read_wsdl(text).value() == expected);
    }
}

TEST_CASE("the version of a service is the extension element of that local name") {
    struct {
        const char* why;
        std::string operation;
        std::optional<std::string> version;
    } const rows[] = {
        {"of X-Road's older namespace",
         R"(<operation name="a"><v:version xmlns:v="http://x-road.ee/xsd/x-road.xsd">v2</v:version></operation>)",
         "v2"},
        {"after other extensions",
         R"(<operation name="a"><soap:operation soapAction=""/><x:version>v3</x:version></operation>)", "v3"},
        {"with white space around it", "<operation name='a'><x:version>\n v4\n</x:version></operation>", "v4"},
        {"empty", R"(<operation name="a"><x:version/></operation>)", ""},
        {"absent", R"(<operation name="a"/>)", std::nullopt},
        {"below another element", R"(<operation name="a"><input><x:version>v5</x:version></input></operation>)",
         std::nullopt},
    };
    for (const auto& row : rows) SUBCASE(row.why) {
            Wsdl wsdl;
            wsdl.operations = row.operation;
            const auto services = services_of(wsdl);
            REQUIRE(services.size() == 1);
            CHECK(services[0].version == row.version);
        }
}

TEST_CASE("of two operations with equal code and version the last one stays, in the first one's place") {
    Wsdl wsdl;
    wsdl.operations =
        R"(<operation name="a"/><operation name="b"/><operation name="a"><x:version>v1</x:version></operation>)";
    wsdl.ports = R"(<port binding="tns:b"><soap:address location="http://one/"/></port>
                    <port binding="tns:b"><soap:address location="http://two/"/></port>)";
    CHECK(services_of(wsdl) == std::vector<WsdlService>{{"a", {}, "", "http://two/"},
                                                        {"b", {}, "", "http://two/"},
                                                        {"a", "v1", "", "http://two/"}});
}

TEST_CASE("nothing becomes a service that") {
    Wsdl wsdl;
    SUBCASE("is bound to HTTP without SOAP") { wsdl.binding_extension = R"(<http:binding verb="GET"/>)"; }
    SUBCASE("travels otherwise") {
        wsdl.binding_extension = R"(<soap:binding transport="http://schemas.xmlsoap.org/soap/smtp"/>)";
    }
    SUBCASE("names no transport") { wsdl.binding_extension = "<soap:binding/>"; }
    SUBCASE("has a port type and no binding") { wsdl.ports = R"(<port binding="tns:t"/>)"; }
    SUBCASE("is offered by no port") { wsdl.ports.clear(); }
    SUBCASE("stands in a comment") { wsdl.ports = "<!--" + wsdl.ports + "-->"; }
    SUBCASE("is imported") {
        wsdl.ports = R"(<port binding="other:c"/>)";
        wsdl.more = R"(<import namespace="urn:other" location="file:///etc/passwd"/>)";
    }
    CHECK(services_of(wsdl).empty());
}

TEST_CASE("a port without address gives services without one") {
    Wsdl wsdl;
    wsdl.ports = R"(<port binding="b"/>)";
    CHECK(services_of(wsdl).at(0).url.empty());
    wsdl.ports = R"(<port binding="b"><soap:address/></port>)";
    CHECK(services_of(wsdl).at(0).url.empty());
}

TEST_CASE("a WSDL is refused, with its reason, when it") {
    struct {
        const char* why;
        std::string text;
        FaultCode code;
        std::string_view says;
    } const wrong[] = {
        {"is empty", "", FaultCode::invalid_xml, "empty"},
        {"is no XML", "%PDF-1.4", FaultCode::invalid_xml, "Reading XML"},
        {"ends early", Wsdl{}.text().substr(0, 400), FaultCode::invalid_xml, "Reading XML"},
        {"has a DOCTYPE", "<!DOCTYPE a><a/>", FaultCode::invalid_xml, "DOCTYPE"},
        {"reads a file through an entity", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
         FaultCode::invalid_xml, "DOCTYPE"},
        {"laughs", "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>", FaultCode::invalid_xml,
         "DOCTYPE"},
        {"names an entity that XML does not know", "<a>&nbsp;</a>", FaultCode::invalid_xml, "nbsp"},
        {"is of an encoding that nobody reads", "<?xml version='1.0' encoding='EBCDIC-US'?><a/>",
         FaultCode::invalid_xml, "declared as 'EBCDIC-US'"},
        {"has two marks", std::string("\xff\xfe\xff\xfe<\0a\0/\0>\0", 12), FaultCode::invalid_xml,
         "second byte order mark"},
        {"is UTF-16 without a mark", std::string("<\0a\0/\0>\0", 8), FaultCode::invalid_xml, "byte order mark"},
        {"says UTF-8 and is not", "<a>\xe4</a>", FaultCode::invalid_xml, "no UTF-8"},
        {"is some other XML", "<a xmlns='urn:b'/>", FaultCode::invalid_argument,
         "begins with 'a' of namespace 'urn:b'"},
        {"is WSDL 2.0", "<description xmlns='http://www.w3.org/ns/wsdl'/>", FaultCode::invalid_argument,
         "not with 'definitions' of WSDL 1.1"},
        {"is a page of HTML", "<html><body>404</body></html>", FaultCode::invalid_argument, "'html'"},
    };
    for (const auto& row : wrong) SUBCASE(row.why) {
            const auto services = read_wsdl(row.text);
            REQUIRE_FALSE(services);
            CHECK(services.error().code == row.code);
            CHECK(contains(services.error().detail, row.says));
            if (row.code == FaultCode::invalid_xml) CHECK_FALSE(mask_wsdl_addresses(row.text));
        }
    SUBCASE("has an operation without name") {
        Wsdl wsdl;
        wsdl.operations = "<operation/>";
        const auto services = read_wsdl(wsdl.text());
        REQUIRE_FALSE(services);
        CHECK(services.error().code == FaultCode::invalid_argument);
        CHECK(contains(services.error().detail, "an operation of the binding 'b' has no name"));
    }
}

TEST_CASE("a WSDL of exactly 10 MiB is read, and one octet more is not") {
    const auto text = Wsdl{}.text();
    const auto padded = [&](std::size_t octets) {
        std::string more;
        while (text.size() + more.size() + 1'000 <= octets) more += "<a b='1'>" + std::string(987, 'x') + "</a>";
        return text.substr(0, text.rfind("</")) + more.append(octets - text.size() - more.size(), ' ') +
               text.substr(text.rfind("</"));
    };
    const auto whole = read_wsdl(padded(most_octets));
    CHECK_MESSAGE(whole, (whole ? "" : whole.error().detail));
    CHECK(mask_wsdl_addresses(padded(most_octets)));
    for (const auto& code :
         {read_wsdl(padded(most_octets + 1)).error().code, mask_wsdl_addresses(padded(most_octets + 1)).error().code})
        CHECK(code == FaultCode::too_large);
}

TEST_CASE("10,000 services are read, and one more is not") {
    const auto with = [](std::size_t count) {
        Wsdl wsdl;
        wsdl.operations.clear();
        for (std::size_t number = 0; number < count; ++number)
            wsdl.operations += fmt::format("<operation name='o{}'/>", number);
        return read_wsdl(wsdl.text());
    };
    CHECK(with(most_services).value().size() == most_services);
    const auto refused = with(most_services + 1);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::too_large);
    CHECK(contains(refused.error().detail, "too many services (limit 10000)"));
}

TEST_CASE("a hostile WSDL costs little, whether it is") {
    struct {
        const char* why;
        std::string text;
        std::string_view says;
    } rows[] = {
        {"ports that offer one large binding again and again", {}, "too many operations"},
        {"very deep", {}, "too deep"},
        {"a million tags", {}, "too many tags"},
        {"a start tag of 50,000 attributes", {}, "tag has too many octets"},
    };
    Wsdl wsdl;
    for (int number = 0; number < 5'000; ++number) wsdl.operations += fmt::format("<operation name='o{}'/>", number);
    for (int number = 0; number < 5'000; ++number) wsdl.ports += "<port binding='b'/>";
    rows[0].text = wsdl.text();
    for (int depth = 0; depth < 100'000; ++depth) rows[1].text += "<a>";
    for (int tag = 0; tag < 1'000'001; ++tag) rows[2].text += "<a/>";
    rows[3].text = "<a";
    for (int number = 0; number < 50'000; ++number) rows[3].text += fmt::format(" a{}=''", number);
    rows[3].text += "/>";
    for (const auto& row : rows) SUBCASE(row.why) {
            const tests::Effort effort;
            const auto services = read_wsdl(row.text);
            CHECK(effort.within(2s));
            REQUIRE_FALSE(services);
            CHECK(services.error().code == FaultCode::too_large);
            CHECK(contains(services.error().detail, row.says));
        }
}

TEST_CASE("generated documents may declare a prefix on every element") {
    Wsdl wsdl;
    for (int number = 0; number < 5'000; ++number) wsdl.more += fmt::format("<q{0}:e xmlns:q{0}='urn:q'/>", number);
    CHECK(services_of(wsdl).size() == 1);
}

TEST_CASE("bindings that all name one large port type are read in a moment") {
    Wsdl wsdl;
    wsdl.port_operations.clear();
    for (int number = 0; number < 20'000; ++number)
        wsdl.port_operations += fmt::format("<operation name='o{}'/>", number);
    wsdl.ports.clear();
    for (int number = 0; number < 5'000; ++number) {
        wsdl.more += fmt::format("<binding name='b{0}' type='t'>{1}<operation name='p{0}'/></binding>", number,
                                 wsdl.binding_extension);
        wsdl.ports += fmt::format("<port binding='b{}'/>", number);
    }
    const tests::Effort effort;
    CHECK(services_of(wsdl).size() == 5'000);
    CHECK(effort.within(3s));
}

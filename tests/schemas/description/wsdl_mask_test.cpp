#include "schemas/description/wsdl.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace onceway;
using namespace onceway::description;

namespace {

constexpr std::string_view soap = "http://schemas.xmlsoap.org/wsdl/soap/";

std::string masked(std::string_view text) {
    const auto masked = mask_wsdl_addresses(text);
    REQUIRE(masked);
    return *masked;
}

}  // namespace

TEST_CASE("the location of a SOAP 1.1 address is replaced, however it is written") {
    // @ stands for the location: before, an address of an information system; after, the one that everybody sees.
    const std::string_view rows[] = {
        R"(<s:address xmlns:s="NS" location="@"/>)",
        R"(<s:address location='@' xmlns:s='NS'></s:address>)",
        R"(<address xmlns="NS" location="@"/>)",
        "<a xmlns:s=\"NS\">\r\n\t<s:address\r\n\tother=\"a>b\" \t location = \n '@' more=''\n/></a>",
        R"(<a xmlns:s="NS"><b xmlns:s="urn:x"/><s:address location="@"/></a>)",
        R"(<a xmlns:s="urn:x"><b xmlns:s="NS"><s:address location="@"/></b><s:address location="http://stays/"/></a>)",
        R"(<a xmlns:s="http:&#x2f;/schemas.xmlsoap.org&#47;wsdl/soap/"><s:address location="@"/></a>)",
        R"(<a xmlns:s="NS"><s:address location="@"/><s:address location='@'/></a>)",
        R"(<a xmlns:s="NS"><s:address location="@"><!-- <s:address location="http://stays/"/> --></s:address></a>)",
        "\xef\xbb\xbf<?xml version='1.0'?>\n<?x <s:address location=\"\"?><a xmlns:s='NS'><s:address "
        "location='@'/></a>\n<!-- > -->",
    };
    for (const auto row : rows) {
        const auto with = [&](std::string_view location) {
            std::string text(row);
            for (auto at = text.find("NS"); at != std::string::npos; at = text.find("NS", at))
                text.replace(at, 2, soap);
            for (auto at = text.find('@'); at != std::string::npos; at = text.find('@', at))
                text.replace(at, 1, location);
            return text;
        };
        CAPTURE(row);
        CHECK(masked(with("http://10.0.0.1:8080/a?b&amp;c")) == with(hidden_address));
        CHECK(masked(with("")) == with(hidden_address));
    }
}

TEST_CASE("octet for octet the same stays") {
    const std::string_view rows[] = {
        R"(<s:address xmlns:s="http://schemas.xmlsoap.org/wsdl/soap12/" location="http://10.0.0.1/"/>)",
        R"(<s:address xmlns:s="http://schemas.xmlsoap.org/wsdl/http/" location="http://10.0.0.1/"/>)",
        R"(<s:adress xmlns:s="NS" location="http://10.0.0.1/"/>)",
        R"(<s:address xmlns:s="NS" Location="http://10.0.0.1/"/>)",
        R"(<s:address xmlns:s="NS" s:location="http://10.0.0.1/"/>)",
        R"(<s:address xmlns:s="NS"/>)",
        R"(<address location="http://10.0.0.1/"/>)",
        R"(<a xmlns="NS"><address xmlns="" location="http://10.0.0.1/"/></a>)",
        R"(<a xmlns:s="NS"><!-- <s:address location="http://10.0.0.1/"/> --></a>)",
        R"(<a xmlns:s="NS"><![CDATA[<s:address location="http://10.0.0.1/"/>]]></a>)",
        R"(<a xmlns:s="NS"><?p <s:address location="http://10.0.0.1/"/>?></a>)",
        R"(<a xmlns:s="NS" b='&lt;s:address location="http://10.0.0.1/"/>'/>)",
        R"(<xmlns:b xmlns:xmlns="NSx"/>)",
        "<a>&lt;address location=\"http://10.0.0.1/\"/&gt;\r\n\t\xc3\xb5 </a>\r\n",
    };
    for (const auto row : rows) {
        std::string text(row);
        for (auto at = text.find("NS"); at != std::string::npos; at = text.find("NS", at)) text.replace(at, 2, soap);
        CAPTURE(text);
        const auto read = mask_wsdl_addresses(text);
        if (read) CHECK(*read == text);
    }
}

TEST_CASE("a WSDL of another encoding becomes UTF-8, and says so") {
    struct {
        std::string text;
        std::string_view masked;
    } const rows[] = {
        {"<?xml version='1.0' encoding='ISO-8859-1' ?><a>\xe4</a>",
         "<?xml version='1.0' encoding='UTF-8' ?><a>\xc3\xa4</a>"},
        {"<?xml version='1.0' encoding=\"us-ascii\"?><a>b</a>", "<?xml version='1.0' encoding=\"UTF-8\"?><a>b</a>"},
        {std::string("\xff\xfe<\0a\0>\0\xe4\0<\0/\0a\0>\0", 18), "<a>\xc3\xa4</a>"},
    };
    for (const auto& row : rows) CHECK(masked(row.text) == row.masked);
}

TEST_CASE("a hidden WSDL declares the same services at the hidden address") {
    const std::string text = fmt::format(
        R"(<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="{}"><w:binding name="b"><soap:binding
           transport="http://schemas.xmlsoap.org/soap/http"/><w:operation name="o"/></w:binding><w:service><w:port binding="b">
           <soap:address location="http://10.0.0.1/"/></w:port></w:service></w:definitions>)",
        soap);
    const auto before = read_wsdl(text).value();
    auto after = read_wsdl(masked(text)).value();
    REQUIRE(after.size() == 1);
    CHECK(after[0].url == hidden_address);
    after[0].url = "http://10.0.0.1/";
    CHECK(after == before);
}

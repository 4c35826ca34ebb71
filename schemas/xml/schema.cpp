#include "schemas/xml/parts.hpp"

#include <fmt/format.h>
#include <libxml/xmlschemas.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

namespace onceway::xml {
namespace {

template <auto release>
struct Releases {
    template <class T>
    void operator()(T* foreign) const noexcept {
        release(foreign);
    }
};
using ParserContext = std::unique_ptr<xmlSchemaParserCtxt, Releases<xmlSchemaFreeParserCtxt>>;
using ValidContext = std::unique_ptr<xmlSchemaValidCtxt, Releases<xmlSchemaFreeValidCtxt>>;

void keep_structured(void*, xmlErrorPtr error) {
    if (error->level >= XML_ERR_ERROR) keep_complaint(error->message, error->line);
}

Octets file_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

struct Schema::Parts {
    std::unique_ptr<xmlSchema, Releases<xmlSchemaFree>> schema;
    std::mutex one_at_a_time;  // the library may note down what it meets while it validates
};

Schema::Schema(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

Result<Schema> Schema::compile(OctetsView xsd, const std::vector<std::pair<std::string, Octets>>& imports) {
    make_ready();
    forget_complaint();
    const AllowedTexts allowed(imports);
    const ParserContext context(xmlSchemaNewMemParserCtxt(xsd.data(), static_cast<int>(xsd.size())));
    if (!context) throw std::bad_alloc();
    xmlSchemaSetParserStructuredErrors(context.get(), keep_structured, nullptr);
    auto parts = std::make_unique<Parts>();
    parts->schema.reset(xmlSchemaParse(context.get()));
    if (!parts->schema) return fault(FaultCode::invalid_xml, fmt::format("Compiling an XML schema: {}", complaint()));
    return Schema(std::move(parts));
}

Result<Schema> Schema::compile_file(const std::string& path) {
    const std::filesystem::path file(path);
    std::error_code failed;
    if (!std::filesystem::is_regular_file(file, failed))
        return fault(FaultCode::invalid_xml, fmt::format("Compiling an XML schema: there is no file {}", path));
    std::vector<std::pair<std::string, Octets>> beside;
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".xsd")
            beside.emplace_back(entry.path().filename().string(), file_text(entry.path()));
    return compile(file_text(file), beside);
}

Result<void> Schema::validate(const Document& document) const {
    const std::lock_guard alone(parts_->one_at_a_time);
    make_ready();
    forget_complaint();
    const ValidContext context(xmlSchemaNewValidCtxt(parts_->schema.get()));
    if (!context) throw std::bad_alloc();
    xmlSchemaSetValidStructuredErrors(context.get(), keep_structured, nullptr);
    const int outcome = xmlSchemaValidateDoc(context.get(), document.parts_->tree.get());
    if (outcome != 0)
        return fault(FaultCode::invalid_xml,
                     fmt::format("Validating against the schema: {}", complaint().empty() ? "refused" : complaint()));
    return {};
}

}  // namespace onceway::xml

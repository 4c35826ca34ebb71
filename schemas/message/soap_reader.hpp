// One pass over an envelope: what the header says, what the body holds, and where an edit would go. For the sources of
// this folder only; callers read soap.hpp.
#pragma once

#include "schemas/message/soap.hpp"
#include "schemas/xml/walk.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace onceway::message {

/// Gathers what the parser tells about one envelope. Header rules that are broken are kept until the end, because a
/// body that is a fault makes all of them void.
class SoapReader final : public xml::Visitor {
public:
    /// `parameter` names the child of the body element whose text is wanted.
    explicit SoapReader(std::string_view parameter = {}) : wanted_(parameter) {}

    void begins(const xml::StartTag& tag) override;
    void text(std::string_view piece) override;
    void ends(std::size_t begin, std::size_t end) override;

    /// After the walk: the message, or the first rule that it breaks. Rule: message-transport §2.6.3.
    Result<SoapMessage> message();
    /// After the walk: the fault that the body is; none when it is something else. Faults: `missing_body`,
    /// `invalid_body`, when there is not one Body.
    Result<std::optional<WireFault>> fault();
    /// After the walk, once.
    SoapPlaces places(bool converted = false) {
        places_.as_it_came = !converted;
        return std::move(places_);
    }
    const std::optional<std::string>& parameter() const { return parameter_; }

private:
    static constexpr std::size_t components = 7;
    /// An identifier as it is being read.
    struct Identifier {
        std::string type;
        std::array<std::optional<std::string>, components> parts;
    };
    enum Field { id, user_id, issue, protocol_version, request_hash, fields };
    enum Named { client, service, server, named };

    void envelope_begins(const xml::StartTag& tag);
    void section_begins(const xml::StartTag& tag);
    void header_element_begins(const xml::StartTag& tag);
    void body_element_begins(const xml::StartTag& tag);
    void component_begins(const xml::StartTag& tag);
    void body_part_begins(const xml::StartTag& tag);

    bool first_time(bool already, const xml::StartTag& tag);
    /// From here to the end of the element that begins, text belongs to `value`. Elements inside are refused, or their
    /// text counts as well.
    void collect(std::string& value, bool elements_too = false);
    void broken(FaultCode code, std::string detail);

    void identifier_ends(Named which);
    bool is_fault() const { return fault_ && bodies_ == 1 && body_elements_ == 1; }
    WireFault told_fault();
    std::optional<Fault> missing() const;
    Result<void> check_body() const;

    std::size_t depth_ = 0;
    enum class Section { none, header, body } section_ = Section::none;
    std::size_t headers_ = 0, bodies_ = 0, body_elements_ = 0;
    std::size_t section_opened_ = 0;  // behind the start tag of Header or Body
    Place element_;                   // begin of the header element at hand
    enum class Inside { nothing, identifier, party, id, request_hash } inside_ = Inside::nothing;
    Named identifier_ = named;

    std::string* value_ = nullptr;
    std::size_t value_depth_ = 0;
    bool elements_too_ = false;

    std::array<std::optional<std::string>, fields> texts_;
    std::array<std::optional<Identifier>, named> identifiers_;
    std::optional<RepresentedParty> party_;
    bool party_has_code_ = false;
    SoapHeader header_;
    std::string wrapper_, wrapper_space_;
    bool fault_ = false, has_detail_ = false, has_fault_detail_ = false;
    bool fault_detail_open_ = false;
    WireFault told_;
    std::string detail_text_;            // all of `detail`
    std::size_t fault_detail_from_ = 0;  // where faultDetail begins in it
    std::string_view wanted_;
    std::optional<std::string> parameter_;
    std::optional<Fault> problem_;
    SoapPlaces places_;
};

}  // namespace onceway::message

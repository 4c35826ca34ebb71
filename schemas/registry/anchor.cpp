// The configuration anchor: where trust begins. Rule: global-configuration §2.1.
#include "schemas/registry/reading.hpp"
#include "schemas/registry/writing.hpp"

#include <algorithm>

namespace onceway::registry {

Result<Anchor> read_anchor(OctetsView octets) {
    Refusal refusal(FaultCode::malformed_anchor, "the configuration anchor");
    auto document = open_part(octets, "configurationAnchor", refusal, FaultCode::malformed_anchor);
    if (!document) return std::move(document).error();
    auto anchor = read_anchor_content(document->root(), refusal);
    if (anchor.instance.empty()) refusal.say("it names no instance");
    // A client asks only http addresses and derives https from them, so others lead nowhere.
    const auto is_plain = [](const AnchorSource& source) { return source.url.starts_with("http://"); };
    if (std::none_of(anchor.sources.begin(), anchor.sources.end(), is_plain))
        refusal.say(
            "it has no address that begins with http:// (only https), so nothing could ever be downloaded; ask the "
            "registry's operator for a complete anchor");
    if (refusal) return refusal.fault();
    return anchor;
}

void write_anchor_content(Writer& writer, const Anchor& anchor) {
    if (anchor.generated_at) writer.text("generatedAt", rfc3339(*anchor.generated_at));
    writer.text("instanceIdentifier", anchor.instance);
    for (const auto& source : anchor.sources) {
        writer.open("source");
        writer.text("downloadURL", source.url);
        for (const auto& certificate : source.verification_certificates) writer.octets("verificationCert", certificate);
        writer.close("source");
    }
}

Octets write_anchor(const Anchor& anchor) {
    Writer writer("xr:configurationAnchor", {{"xr", configuration_space}});
    write_anchor_content(writer, anchor);
    return writer.finish();
}

}  // namespace onceway::registry

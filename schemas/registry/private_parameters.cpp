// Private parameters: what only servers of the own instance learn. Rule: global-configuration §3.3.
#include "schemas/registry/reading.hpp"
#include "schemas/registry/writing.hpp"

#include <fmt/format.h>

namespace onceway::registry {

Result<PrivateParameters> read_private_parameters(OctetsView octets, int version) {
    Refusal refusal(FaultCode::malformed_global_conf, "the private parameters");
    if (version < 2 || version > 6)
        refusal.say(fmt::format("configuration version {} is unknown (2 to 6 are)", version));
    if (refusal) return refusal.fault();
    auto document = open_part(octets, "conf", refusal, FaultCode::malformed_global_conf);
    if (!document) return std::move(document).error();

    Sequence root(document->root(), refusal);
    PrivateParameters parameters;
    parameters.instance = root.text("instanceIdentifier");
    for (const auto& anchor : root.any_number("configurationAnchor"))
        parameters.anchors.push_back(read_anchor_content(anchor, refusal));
    if (const auto service = root.required("managementService")) {
        Sequence management(*service, refusal);
        parameters.management_url = management.text("authCertRegServiceAddress");
        if (const auto certificate = management.optional("authCertRegServiceCert"))
            parameters.management_certificate = read_certificate(*certificate, refusal);
        if (const auto provider = management.required("managementRequestServiceProviderId")) {
            if (!(parameters.management_provider = read_client(*provider, refusal)))
                refusal.say(*provider, "has an objectType that does not fit its content");
        }
        management.end();
    }
    if (const auto interval = root.required("timeStampingIntervalSeconds"))
        parameters.time_stamping_interval_seconds = read_integer(*interval, refusal);
    root.end(version >= 3);
    if (refusal) return refusal.fault();
    return parameters;
}

Octets write_private_parameters(const PrivateParameters& parameters) {
    Writer writer("xr:conf", {{"id", identifiers_space}, {"xr", configuration_space}});
    writer.text("instanceIdentifier", parameters.instance);
    for (const auto& anchor : parameters.anchors) {
        writer.open("configurationAnchor");
        write_anchor_content(writer, anchor);
        writer.close("configurationAnchor");
    }
    writer.open("managementService");
    writer.text("authCertRegServiceAddress", parameters.management_url);
    if (parameters.management_certificate) writer.octets("authCertRegServiceCert", *parameters.management_certificate);
    if (parameters.management_provider)
        writer.client("managementRequestServiceProviderId", *parameters.management_provider);
    writer.close("managementService");
    writer.text("timeStampingIntervalSeconds", std::to_string(parameters.time_stamping_interval_seconds));
    return writer.finish();
}

}  // namespace onceway::registry

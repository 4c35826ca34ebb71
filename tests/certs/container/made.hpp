// Containers of our own for tests: a message of one member, sealed, stamped and packed.
#pragma once

#include "certs/container/asic.hpp"
#include "certs/signature/tree.hpp"
#include "schemas/message/hash_chain.hpp"
#include "schemas/registry/documents.hpp"
#include "tests/certs/signature/sealed.hpp"
#include "tests/support/temporary_folder.hpp"

#include <filesystem>

#include <optional>
#include <string>

namespace onceway::tests {

inline const std::string request_part =
    "POST\r\n/r1/TEST/GOV/5678/registry/pets\r\nX-Road-Client:TEST/GOV/1234/app\r\nx-road-id:q-1\r\n";

/// A folder as `verificationconf` has it, which approves `authority` and `tsa`.
inline void write_verification_conf(const std::filesystem::path& folder, const CertificateAuthority& authority,
                                    const Identity& tsa) {
    auto parameters = shared_parameters(authority, &tsa);
    const Octets certificate = authority.certificate().der();
    parameters.sources.push_back({"127.0.0.1", {certificate}, {certificate}});
    std::filesystem::create_directories(folder / "TEST");
    write_file(folder / "instance-identifier", "TEST\n");
    write_file(folder / "TEST/shared-params.xml", registry::write_shared_parameters(parameters));
    write_file(folder / "TEST/shared-params.xml.metadata", R"({"configurationVersion":"6"})");
}

/// What goes into a container, in each of its forms.
struct MadeContainer {
    MadeContainer(const Signer& signer, bool with_body, bool batch) {
        std::vector<Octets> parts{request_part};
        if (with_body) parts.push_back(body);
        const SealedMessage sealed(signer, parts);
        contents.message = request_part;
        contents.at = test_time();
        if (with_body) {
            contents.chain_result = sealed.chain_result;
            contents.chain = sealed.chain;
            attachments.push_back([this](const auto& sink) { sink(body); });
        }
        if (batch)
            stamp_in_batch(signer, sealed.signature);
        else
            stamp_alone(signer, sealed.signature);
    }

    Octets pack() const {
        Octets packed;
        container::write_container(contents, attachments, [&](OctetsView piece) { packed += piece; });
        return packed;
    }

    container::Contents contents;
    std::vector<container::AttachmentSource> attachments;
    std::string body = R"({"name":"Rex","age":3})";

private:
    void stamp_alone(const Signer& signer, const Octets& signature) {
        const Octets value = must(signature::outline(signature)).value;
        contents.signature = must(container::with_embedded_token(signature, time_stamp(signer.tsa, value)));
    }
    void stamp_in_batch(const Signer& signer, const Octets& signature) {
        const auto tree = signature::build_tree({{keys::sha512(signature)}, {keys::sha512("another")}},
                                                {"/META-INF/signatures.xml", "/ts-hashchain.xml"});
        contents.signature = signature;
        contents.time_chain_result = message::write_hash_chain_result(tree.result);
        contents.time_chain = message::write_hash_chain(tree.chains.front());
        contents.time_token = time_stamp(signer.tsa, *contents.time_chain_result);
    }
};

}  // namespace onceway::tests

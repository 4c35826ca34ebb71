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
    MadeContainer(const Signer& signer, bool with_body, bool batch)
        : MadeContainer(signer, request_part,
                        with_body ? std::vector<std::string>{R"({"name":"Rex","age":3})"} : std::vector<std::string>{},
                        batch) {}
    /// A message with attachments, through a hash chain.
    MadeContainer(const Signer& signer, Octets message, std::vector<std::string> attached, bool batch) {
        std::vector<Octets> parts{message};
        parts.insert(parts.end(), attached.begin(), attached.end());
        const SealedMessage sealed(signer, parts);
        if (!attached.empty()) {
            contents.chain_result = sealed.chain_result;
            contents.chain = sealed.chain;
        }
        fill(signer, std::move(message), std::move(attached), sealed.signature, batch);
    }
    /// The same with `signature`, which refers to each part itself.
    MadeContainer(const Signer& signer, Octets message, std::vector<std::string> attached, bool batch,
                  const Octets& signature) {
        fill(signer, std::move(message), std::move(attached), signature, batch);
    }
    MadeContainer(const MadeContainer&) = delete;
    MadeContainer& operator=(const MadeContainer&) = delete;

    Octets pack() const {
        Octets packed;
        container::write_container(contents, attachments, [&](OctetsView piece) { packed += piece; });
        return packed;
    }

    container::Contents contents;
    std::vector<container::AttachmentSource> attachments;
    std::vector<std::string> bodies;  // what `attachments` give

private:
    void fill(const Signer& signer, Octets message, std::vector<std::string> attached, const Octets& signature,
              bool batch) {
        contents.message = std::move(message);
        contents.at = test_time();
        bodies = std::move(attached);
        for (std::size_t i = 0; i < bodies.size(); ++i)
            attachments.push_back([this, i](const auto& sink) { sink(bodies[i]); });
        if (batch)
            stamp_in_batch(signer, signature);
        else
            stamp_alone(signer, signature);
    }
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

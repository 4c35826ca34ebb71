#include "security-server/metadata/verification_conf.hpp"

#include "certs/container/zip.hpp"
#include "schemas/base/log.hpp"
#include "security-server/metadata/spool.hpp"

namespace onceway::metadata {

void write_verification_conf(const registry_view::Snapshot& snapshot, Instant at,
                             const std::function<void(OctetsView)>& sink) {
    container::ZipWriter zip(sink, at);
    for (const auto& file : snapshot.files) {
        const auto name = "verificationconf/" + file.instance + "/shared-params.xml";
        zip.add(name, file.shared_parameters);
        zip.add(name + ".metadata", "{\"configurationVersion\":\"" + std::to_string(file.version) + "\"}");
    }
    zip.add("verificationconf/instance-identifier", snapshot.trust->own_instance());
    zip.finish();
}

boost::asio::awaitable<void> answer_verification_conf(channel::Exchange& exchange, const registry_view::View& view,
                                                      const Clock& clock, std::filesystem::path spool) {
    const message::Fields plain{{"Content-Type", "text/plain; charset=UTF-8"}};
    const auto snapshot = view.current();
    Result<void> sent;
    if (snapshot) {
        using Sink = std::function<void(OctetsView)>;
        std::function<Result<void>(const Sink&)> fill = [&](const Sink& sink) -> Result<void> {
            write_verification_conf(*snapshot, clock.now(), sink);
            return {};
        };
        auto spooled = co_await Spool::filled(std::move(spool), std::move(fill));
        if (spooled) {
            const message::Fields fields{{"Content-Type", "application/zip"},
                                         {"Content-Disposition", "filename=\"verificationconf.zip\""}};
            sent = co_await (*spooled)->send(exchange, fields);
        } else
            sent = std::move(spooled).error();
    } else
        sent = fault(FaultCode::global_conf_outdated, "No global configuration has been downloaded yet");
    if (sent) co_return;
    log::info("verification_conf.not_delivered", {{"reason", sent.error().detail}});
    if (exchange.answered()) co_return;
    [[maybe_unused]] auto refused = co_await exchange.respond(500, "Internal Server Error", plain, sent.error().detail);
}

}  // namespace onceway::metadata

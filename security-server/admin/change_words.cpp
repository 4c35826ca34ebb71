#include "security-server/admin/change_words.hpp"

#include <CLI/CLI.hpp>

#include <boost/json/array.hpp>

#include <memory>

namespace onceway::admin {
namespace {

namespace json = boost::json;

/// What was typed for one command; it lives as long as its callback.
struct Typed {
    ChangeOptions how;
    std::vector<std::filesystem::path> certificates;
    std::vector<std::function<void(json::object&)>> given;  // puts what was typed into the change
};

/// One command, told by what it takes. Every command names its client first.
class Command {
public:
    Command(CLI::App& word, const char* name, const char* help, const std::filesystem::path& folder,
            std::function<Outcome()>& chosen)
        : app_(word.add_subcommand(name, help)), typed_(std::make_shared<Typed>()) {
        app_->add_flag("--dry-run", typed_->how.dry_run, "Only show what would change");
        app_->add_flag("--yes", typed_->how.yes, "Apply without asking");
        app_->add_flag("--ignore-warnings", typed_->how.ignore_warnings, "Apply in spite of warnings");
        app_->add_flag("--json", typed_->how.json, "Answer with one JSON object");
        const auto kind = word.get_name() + '.' + name;
        app_->callback([typed = typed_, kind, &folder, &chosen] {
            json::object change{{"kind", kind}};
            for (const auto& give : typed->given) give(change);
            typed->how.folder = folder;
            chosen = [typed, change] { return admin::change(typed->how, change, typed->certificates); };
        });
        text("CLIENT", "client", "instance/class/member[/subsystem] of the client");
    }

    /// A word that must be there, by its place.
    Command& text(const char* name, const char* key, const char* help) {
        return option<std::string>(name, key, help, true);
    }
    Command& may(const char* name, const char* key, const char* help) {
        return option<std::string>(name, key, help, false);
    }
    Command& must(const char* name, const char* key, const char* help) {
        return option<std::string>(name, key, help, true);
    }
    Command& seconds(const char* name, const char* key, const char* help) {
        return option<std::int64_t>(name, key, help, false);
    }
    Command& yes_or_no(const char* name, const char* key, const char* help) {
        return option<bool>(name, key, help, false);
    }
    Command& flag(const char* name, const char* key, const char* help) {
        auto value = std::make_shared<bool>(false);
        app_->add_flag(name, *value, help);
        give([value, key](json::object& change) {
            if (*value) change[key] = true;
        });
        return *this;
    }
    Command& many(const char* name, const char* key, const char* help, bool needed) {
        auto values = std::make_shared<std::vector<std::string>>();
        app_->add_option(name, *values, help)->required(needed);
        give([values, key](json::object& change) {
            if (!values->empty()) change[key] = json::array(values->begin(), values->end());
        });
        return *this;
    }
    Command& certificates() {
        app_->add_option("--certificate", typed_->certificates,
                         "File with a certificate of its information systems, PEM or DER; may be repeated");
        return *this;
    }

private:
    template <class T>
    Command& option(const char* name, const char* key, const char* help, bool needed) {
        auto value = std::make_shared<T>();
        const auto* typed = app_->add_option(name, *value, help)->required(needed);
        give([value, typed, key](json::object& change) {
            if (typed->count() > 0) change[key] = *value;
        });
        return *this;
    }
    void give(std::function<void(json::object&)> into) { typed_->given.push_back(std::move(into)); }

    CLI::App* app_;
    std::shared_ptr<Typed> typed_;
};

/// A word with commands below it.
class Word {
public:
    Word(CLI::App& app, const char* name, const char* help, const std::filesystem::path& folder,
         std::function<Outcome()>& chosen)
        : app_(*app.add_subcommand(name, help)), folder_(folder), chosen_(chosen) {
        app_.require_subcommand(1);
    }
    Command command(const char* name, const char* help) { return {app_, name, help, folder_, chosen_}; }

private:
    CLI::App& app_;
    const std::filesystem::path& folder_;
    std::function<Outcome()>& chosen_;
};

constexpr const char* connection_help = "http, https or https-no-authentication: how its information systems connect";
constexpr const char* url_of_document = "Address of the document";
constexpr const char* digest_help = "Only the document with this SHA-256 (hex), as somebody approved it";
constexpr const char* notice_help = "What callers are told; default: Out of order";
constexpr const char* subject_help = "instance/class/member[/subsystem], group:instance/code or local:code";

void add_clients(Word word) {
    word.command("add", "Declare a client.").may("--connection", "connection", connection_help).certificates();
    word.command("set", "Change how its information systems connect.")
        .may("--connection", "connection", connection_help)
        .certificates()
        .many("--drop-certificate", "drop", "SHA-256 of a certificate, or its beginning; may be repeated", false);
    word.command("remove", "Remove a client with its services, rights and groups.");
}

void add_descriptions(Word word) {
    word.command("add", "Read a WSDL or OpenAPI document and declare its services, disabled at first.")
        .must("--type", "type", "wsdl or openapi")
        .must("--url", "url", url_of_document)
        .may("--code", "code", "OpenAPI: code of its service")
        .may("--sha256", "sha256", digest_help)
        .flag("--enabled", "enabled", "Open it at once");
    word.command("refresh", "Read the document again, and show what it adds and deletes.")
        .text("URL", "url", url_of_document)
        .may("--new-url", "new_url", "It lies there from now on")
        .may("--sha256", "sha256", digest_help);
    word.command("enable", "Open its services to those with rights.").text("URL", "url", url_of_document);
    word.command("disable", "Refuse its services with a notice.")
        .text("URL", "url", url_of_document)
        .may("--notice", "notice", notice_help);
    word.command("remove", "Remove it with its services and their rights.").text("URL", "url", url_of_document);
}

void add_services(Word word) {
    const auto settings = [](Command command) {
        command.may("--url", "url", "Address of the information system")
            .seconds("--timeout", "timeout_s", "Seconds that it may take, from 1 to 1000")
            .yes_or_no("--verify-certificate", "verify_certificate",
                       "true: it must show a certificate of its client; false: any");
        return command;
    };
    settings(word.command("add", "Declare a REST service by its base address.").text("CODE", "code", "Its code"));
    settings(word.command("set", "Change address, time or verification of a service.").text("CODE", "code", "Its code"))
        .may("--version", "version", "SOAP: its version")
        .flag("--all", "all", "The same for all services of its description");
    word.command("enable", "Open a service that no description brought.")
        .text("CODE", "code", "Its code")
        .may("--version", "version", "SOAP: its version");
    word.command("disable", "Refuse a service that no description brought.")
        .text("CODE", "code", "Its code")
        .may("--version", "version", "SOAP: its version")
        .may("--notice", "notice", notice_help);
    word.command("remove", "Remove a service that no description brought, with its rights.")
        .text("CODE", "code", "Its code")
        .may("--version", "version", "SOAP: its version");
}

void add_endpoints(Word word) {
    for (const auto& [name, help] : {std::pair("add", "Name a part of a REST service, to give rights to."),
                                     std::pair("remove", "Remove a part that was added, with the rights to it.")})
        word.command(name, help)
            .text("CODE", "code", "Code of the service")
            .text("METHOD", "method", "*, GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or TRACE")
            .text("PATH", "path", "Path below the service, for example '/persons/*'");
}

void add_rights(Word word) {
    for (const auto& [name, help] :
         {std::pair("grant", "Let somebody call a service."),
          std::pair("revoke", "Take a right away; without method and path all of somebody's to the service.")})
        word.command(name, help)
            .text("CODE", "code", "Code of the service, in all its versions")
            .must("--to", "to", subject_help)
            .may("--method", "method", "REST: only this method; default: all")
            .may("--path", "path", "REST: only such paths, for example '/persons/*'; default: all");
}

void add_groups(Word word) {
    word.command("add", "Make a local group.")
        .text("GROUP", "group", "Its code")
        .must("--description", "description", "What it is for");
    word.command("remove", "Remove a group with the rights that it has.").text("GROUP", "group", "Its code");
    for (const auto& [name, help] : {std::pair("join", "Add members."), std::pair("leave", "Remove members.")})
        word.command(name, help)
            .text("GROUP", "group", "Its code")
            .many("MEMBER", "members", "instance/class/member[/subsystem]; one or more", true);
}

}  // namespace

void add_change_words(CLI::App& app, const std::filesystem::path& folder, std::function<Outcome()>& chosen) {
    const auto word = [&](const char* name, const char* help) { return Word(app, name, help, folder, chosen); };
    add_clients(word("client", "Declare clients and how their information systems connect."));
    add_descriptions(word("description", "Import, refresh, open and close WSDL and OpenAPI descriptions."));
    add_services(word("service", "Declare REST services; set address, time and verification of any service."));
    add_endpoints(word("endpoint", "Name parts of REST services."));
    add_rights(word("right", "Grant and revoke rights."));
    add_groups(word("group", "Make local groups, and say who belongs to them."));
}

}  // namespace onceway::admin

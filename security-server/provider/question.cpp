#include "security-server/provider/question.hpp"

#include "security-server/provider/rest_question.hpp"
#include "security-server/provider/soap_question.hpp"

namespace onceway::provider {

std::unique_ptr<Question> question_of(const transport::Incoming& incoming, bool rest, const Desk& desk) {
    if (rest && incoming.request()) return std::make_unique<RestQuestion>(*incoming.request(), desk);
    if (!rest && incoming.soap()) return std::make_unique<SoapQuestion>(*incoming.soap(), desk);
    return nullptr;
}

}  // namespace onceway::provider

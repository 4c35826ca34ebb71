#include "certs/container/zip_inflate.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>

namespace onceway::container {
namespace {

constexpr std::size_t piece_octets = 64 * 1024;

Fault malformed(std::string_view what) {
    return fault(FaultCode::asic_malformed, fmt::format("Inflating an entry: {}", what));
}

const Bytef* zlib_octets(OctetsView octets) { return reinterpret_cast<const Bytef*>(octets.data()); }

struct EndsInflate {
    void operator()(z_stream* stream) const noexcept {
        inflateEnd(stream);
        delete stream;
    }
};

class Inflater {
public:
    Inflater(const ZipSource& source, const PackedRun& run, const std::function<bool(OctetsView)>& sink)
        : source_(source), run_(run), sink_(sink) {}

    Result<Inflated> run() {
        auto stream = std::unique_ptr<z_stream, EndsInflate>(new z_stream{});
        if (inflateInit2(stream.get(), -MAX_WBITS) != Z_OK) throw std::bad_alloc();
        if (run_.check_padding)
            if (auto padding = check_padding(0, false, run_.offset); !padding) return padding.error();
        while (true) {
            if (stream->avail_in == 0) refill(*stream);
            auto ended = step(*stream);
            if (!ended) return ended.error();
            if (*ended) break;
        }
        done_.packed = taken_ - stream->avail_in;
        return done_;
    }

private:
    void refill(z_stream& stream) {
        const auto wanted = std::min<std::uint64_t>(piece_octets, run_.most - taken_);
        input_ = source_.at(run_.offset + taken_, static_cast<std::size_t>(wanted));
        taken_ += input_.size();
        stream.next_in = const_cast<Bytef*>(zlib_octets(input_));
        stream.avail_in = static_cast<uInt>(input_.size());
    }

    /// One call of zlib, which also stops at the end of each deflate block. True at the end of the stream.
    Result<bool> step(z_stream& stream) {
        const bool exhausted = stream.avail_in == 0;
        stream.next_out = reinterpret_cast<Bytef*>(output_.data());
        stream.avail_out = static_cast<uInt>(output_.size());
        const int outcome = inflate(&stream, Z_BLOCK);
        const std::size_t made = output_.size() - stream.avail_out;
        if (outcome != Z_OK && outcome != Z_STREAM_END && outcome != Z_BUF_ERROR)
            return malformed(stream.msg ? stream.msg : "the packed octets are damaged");
        if (exhausted && made == 0 && outcome != Z_STREAM_END) return malformed("the packed octets end early");
        if (made > 0) {
            const OctetsView piece(output_.data(), made);
            done_.size += made;
            done_.crc = static_cast<std::uint32_t>(crc32(done_.crc, zlib_octets(piece), static_cast<uInt>(made)));
            if (!sink_(piece)) return malformed("it is larger than is accepted");
        }
        const bool between_blocks = (stream.data_type & 128) != 0;
        if (run_.check_padding && between_blocks && outcome == Z_OK)
            if (auto padding = check_padding(stream.data_type & 7, (stream.data_type & 64) != 0,
                                             run_.offset + taken_ - stream.avail_in);
                !padding)
                return padding.error();
        return outcome == Z_STREAM_END;
    }

    /// Between two blocks, and behind the last one, bits may be skipped up to the next whole octet. Ones that are
    /// skipped would be octets of the archive that nothing protects.
    /// `unused` are the bits of the octet before `next` that were not used yet.
    Result<void> check_padding(unsigned unused, bool was_last, std::uint64_t next) const {
        const Octets around = source_.at(next - (unused > 0 ? 1 : 0), 2);
        unsigned bits = 0;
        for (std::size_t i = around.size(); i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(around[i]);
        const unsigned left = unused > 0 ? unused : 8;  // up to the next whole octet
        bits >>= 8 - left;
        if (was_last) {
            if (unused > 0 && (bits & ((1U << unused) - 1)) != 0) return malformed("bits behind the end are not zero");
            return {};
        }
        const bool stored_block = (bits >> 1 & 3) == 0;
        const unsigned padding = left >= 3 ? left - 3 : left + 8 - 3;
        if (stored_block && (bits >> 3 & ((1U << padding) - 1)) != 0)
            return malformed("bits in front of a stored block are not zero");
        return {};
    }

    const ZipSource& source_;
    const PackedRun& run_;
    const std::function<bool(OctetsView)>& sink_;
    Octets input_;
    std::array<char, piece_octets> output_{};
    std::uint64_t taken_ = 0;
    Inflated done_;
};

Result<Inflated> copy_stored(const ZipSource& source, const PackedRun& run,
                             const std::function<bool(OctetsView)>& sink) {
    Inflated done;
    while (done.size < run.most) {
        const auto wanted = std::min<std::uint64_t>(piece_octets, run.most - done.size);
        const Octets piece = source.at(run.offset + done.size, static_cast<std::size_t>(wanted));
        if (piece.empty()) return malformed("the archive ends early");
        done.size += piece.size();
        done.crc = static_cast<std::uint32_t>(crc32(done.crc, zlib_octets(piece), static_cast<uInt>(piece.size())));
        if (!sink(piece)) return malformed("it is larger than is accepted");
    }
    done.packed = done.size;
    return done;
}

}  // namespace

Result<Inflated> inflate_run(const ZipSource& source, const PackedRun& run,
                             const std::function<bool(OctetsView)>& sink) {
    if (run.stored) return copy_stored(source, run, sink);
    auto inflater = std::make_unique<Inflater>(source, run, sink);
    return inflater->run();
}

}  // namespace onceway::container

#include "certs/container/zip.hpp"
#include "certs/container/zip_layout.hpp"

#include <zlib.h>

#include <chrono>
#include <stdexcept>

namespace onceway::container {
namespace {

using namespace layout;

constexpr std::uint16_t version = 20;  // deflate and directories; made on FAT, as message logs write

struct DosTime {
    std::uint16_t time, date;
};
/// Two-second granularity, in UTC; years before 1980 become its first day.
DosTime dos_time(Instant at) {
    using namespace std::chrono;
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{floor<seconds>(at - day)};
    const int year = int{date.year()};
    if (year < 1980 || year > 2107) return {0, 1 << 5 | 1};
    return {static_cast<std::uint16_t>(time.hours().count() << 11 | time.minutes().count() << 5 |
                                       time.seconds().count() / 2),
            static_cast<std::uint16_t>((year - 1980) << 9 | unsigned{date.month()} << 5 | unsigned{date.day()})};
}

std::string unix_time_field(Instant at) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    std::string field;
    put(field, unix_time_id, 2);
    put(field, 5, 2);
    put(field, 1, 1);
    put(field, static_cast<std::uint64_t>(seconds), 4);
    return field;
}

struct Deflater {
    explicit Deflater(int level) {
        if (deflateInit2(&stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
    }
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;
    ~Deflater() { deflateEnd(&stream); }
    z_stream stream{};
};

const Bytef* zlib_octets(OctetsView octets) { return reinterpret_cast<const Bytef*>(octets.data()); }

}  // namespace

struct ZipWriter::Parts {
    Parts(std::function<void(OctetsView)> given, Instant at, std::string text)
        : sink(std::move(given)), time(dos_time(at)), extra(unix_time_field(at)), comment(std::move(text)) {}

    void emit(OctetsView octets) {
        written += octets.size();
        sink(octets);
    }

    /// What local header and central entry have in common, from the version needed to the length of the extra field.
    std::string common(const Central& entry, bool sizes) const {
        std::string out;
        put(out, version, 2);
        put(out, entry.flags, 2);
        put(out, entry.method, 2);
        put(out, time.time, 2);
        put(out, time.date, 2);
        put(out, sizes ? entry.crc : 0, 4);
        put(out, sizes ? std::min<std::uint64_t>(entry.packed, large_marker) : 0, 4);
        put(out, sizes ? std::min<std::uint64_t>(entry.size, large_marker) : 0, 4);
        put(out, entry.name.size(), 2);
        put(out, entry.extra.size(), 2);
        return out;
    }

    void open(Central entry) {
        entry.offset = written;
        std::string header;
        put(header, local_signature, 4);
        header += common(entry, entry.method == stored);
        emit(header + entry.name + entry.extra);
        current = std::move(entry);
    }

    void pump(OctetsView octets, int flush) {
        auto& stream = deflater->stream;
        stream.next_in = const_cast<Bytef*>(zlib_octets(octets));
        stream.avail_in = static_cast<uInt>(octets.size());
        std::array<char, 16 * 1024> out;
        do {
            stream.next_out = reinterpret_cast<Bytef*>(out.data());
            stream.avail_out = static_cast<uInt>(out.size());
            if (deflate(&stream, flush) == Z_STREAM_ERROR) throw std::logic_error("deflating an entry");
            const std::size_t made = out.size() - stream.avail_out;
            current.packed += made;
            if (made > 0) emit({out.data(), made});
        } while (stream.avail_out == 0);
    }

    void close_entry() {
        const bool wide = current.size >= large_marker || current.packed >= large_marker;
        std::string descriptor;
        put(descriptor, descriptor_signature, 4);
        put(descriptor, current.crc, 4);
        put(descriptor, current.packed, wide ? 8 : 4);
        put(descriptor, current.size, wide ? 8 : 4);
        emit(descriptor);
    }

    /// Values that do not fit stand in a zip64 field.
    static std::string large_field(const Central& entry) {
        std::string values, field;
        if (entry.size >= large_marker) put(values, entry.size, 8);
        if (entry.packed >= large_marker) put(values, entry.packed, 8);
        if (entry.offset >= large_marker) put(values, entry.offset, 8);
        if (values.empty()) return field;
        put(field, large_id, 2);
        put(field, values.size(), 2);
        return field + values;
    }

    void write_directory_entry(Central entry) {
        entry.extra += large_field(entry);
        std::string out;
        put(out, central_signature, 4);
        put(out, version, 2);
        out += common(entry, true);
        put(out, 0, 2 + 2 + 2 + 4);  // no comment, first disk, no attributes
        put(out, std::min<std::uint64_t>(entry.offset, large_marker), 4);
        emit(out + entry.name + entry.extra);
    }

    void write_large_end(std::uint64_t directory, std::uint64_t octets) {
        const std::uint64_t at = written;
        std::string out;
        put(out, large_end_signature, 4);
        put(out, large_end_octets - 12, 8);
        put(out, 45, 2);
        put(out, 45, 2);
        put(out, 0, 8);
        put(out, entries.size(), 8);
        put(out, entries.size(), 8);
        put(out, octets, 8);
        put(out, directory, 8);
        put(out, large_locator_signature, 4);
        put(out, 0, 4);
        put(out, at, 8);
        put(out, 1, 4);
        emit(out);
    }

    std::function<void(OctetsView)> sink;
    DosTime time;
    std::string extra, comment;
    std::uint64_t written = 0;
    std::vector<Central> entries;
    Central current;
    std::unique_ptr<Deflater> deflater;
};

ZipWriter::ZipWriter(std::function<void(OctetsView)> sink, Instant entry_time, std::string comment)
    : parts_(std::make_unique<Parts>(std::move(sink), entry_time, std::move(comment))) {}
ZipWriter::~ZipWriter() = default;

void ZipWriter::add_stored(std::string_view name, OctetsView octets) {
    Central entry;
    entry.name = name;
    entry.flags = flag_utf8;
    entry.method = stored;
    entry.crc = static_cast<std::uint32_t>(crc32(0, zlib_octets(octets), static_cast<uInt>(octets.size())));
    entry.size = entry.packed = octets.size();
    parts_->open(entry);
    parts_->emit(octets);
    parts_->entries.push_back(std::move(parts_->current));
}

void ZipWriter::add(std::string_view name, OctetsView octets, int level) {
    begin(name, level);
    write(octets);
    end();
}

void ZipWriter::begin(std::string_view name, int level) {
    Central entry;
    entry.name = name;
    entry.flags = flag_utf8 | flag_descriptor;
    entry.method = deflated;
    entry.extra = parts_->extra;
    parts_->open(std::move(entry));
    parts_->deflater = std::make_unique<Deflater>(level);
}

void ZipWriter::write(OctetsView octets) {
    constexpr std::size_t most = 1 << 30;  // zlib counts in 32 bits
    for (; octets.size() > 0; octets.remove_prefix(std::min(octets.size(), most))) {
        const OctetsView piece = octets.substr(0, most);
        auto& entry = parts_->current;
        entry.size += piece.size();
        entry.crc = static_cast<std::uint32_t>(crc32(entry.crc, zlib_octets(piece), static_cast<uInt>(piece.size())));
        parts_->pump(piece, Z_NO_FLUSH);
    }
}

void ZipWriter::end() {
    parts_->pump({}, Z_FINISH);
    parts_->deflater.reset();
    parts_->close_entry();
    parts_->entries.push_back(std::move(parts_->current));
}

void ZipWriter::finish() {
    const std::uint64_t directory = parts_->written;
    for (const Central& entry : parts_->entries) parts_->write_directory_entry(entry);
    const std::uint64_t octets = parts_->written - directory;
    if (directory >= large_marker || octets >= large_marker) parts_->write_large_end(directory, octets);
    std::string out;
    put(out, end_signature, 4);
    put(out, 0, 4);
    put(out, parts_->entries.size(), 2);
    put(out, parts_->entries.size(), 2);
    put(out, std::min<std::uint64_t>(octets, large_marker), 4);
    put(out, std::min<std::uint64_t>(directory, large_marker), 4);
    put(out, parts_->comment.size(), 2);
    parts_->emit(out + parts_->comment);
}

}  // namespace onceway::container

#include "schemas/store/failing_vfs.hpp"

#include "schemas/base/failpoint.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <cstddef>
#include <new>
#include <string>
#include <string_view>

namespace onceway::store {

#ifndef ONCEWAY_FAILPOINTS
const char* file_system() { return nullptr; }
#else
namespace {

constexpr const char* our_name = "onceway-failing";

sqlite3_vfs* real(sqlite3_vfs* ours) { return static_cast<sqlite3_vfs*>(ours->pAppData); }

/// What SQLite holds of an open file of ours; the real one's octets follow behind it.
struct File {
    sqlite3_file base;
    std::string* path;
};
constexpr std::size_t room_for_ours =
    (sizeof(File) + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) * alignof(std::max_align_t);

std::string_view path_of(sqlite3_file* file) { return *reinterpret_cast<File*>(file)->path; }
sqlite3_file* inner(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + room_for_ours);
}

int close(sqlite3_file* file) {
    const int code = inner(file)->pMethods ? inner(file)->pMethods->xClose(inner(file)) : SQLITE_OK;
    delete reinterpret_cast<File*>(file)->path;
    return code;
}
int read(sqlite3_file* file, void* octets, int count, sqlite3_int64 at) {
    return inner(file)->pMethods->xRead(inner(file), octets, count, at);
}
int write(sqlite3_file* file, const void* octets, int count, sqlite3_int64 at) {
    if (const int error = failpoint::reached("sqlite.write", path_of(file)); error != 0) {
        inner(file)->pMethods->xWrite(inner(file), octets, count / 2, at);
        return error == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    return inner(file)->pMethods->xWrite(inner(file), octets, count, at);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (failpoint::reached("sqlite.truncate", path_of(file)) != 0) return SQLITE_IOERR_TRUNCATE;
    return inner(file)->pMethods->xTruncate(inner(file), size);
}
int sync(sqlite3_file* file, int flags) {
    // Whatever the reason: what was written before may be lost, as with the real one.
    if (failpoint::reached("sqlite.sync", path_of(file)) != 0) return SQLITE_IOERR_FSYNC;
    return inner(file)->pMethods->xSync(inner(file), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) { return inner(file)->pMethods->xFileSize(inner(file), size); }
int lock(sqlite3_file* file, int level) { return inner(file)->pMethods->xLock(inner(file), level); }
int unlock(sqlite3_file* file, int level) { return inner(file)->pMethods->xUnlock(inner(file), level); }
int check_reserved_lock(sqlite3_file* file, int* held) {
    return inner(file)->pMethods->xCheckReservedLock(inner(file), held);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
    return inner(file)->pMethods->xFileControl(inner(file), operation, argument);
}
int sector_size(sqlite3_file* file) { return inner(file)->pMethods->xSectorSize(inner(file)); }
int device_characteristics(sqlite3_file* file) { return inner(file)->pMethods->xDeviceCharacteristics(inner(file)); }
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** where) {
    return inner(file)->pMethods->xShmMap(inner(file), page, size, extend, where);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    return inner(file)->pMethods->xShmLock(inner(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) { inner(file)->pMethods->xShmBarrier(inner(file)); }
int shm_unmap(sqlite3_file* file, int remove) { return inner(file)->pMethods->xShmUnmap(inner(file), remove); }

const sqlite3_io_methods methods{
    .iVersion = 2,  // no mapped memory: mmap_size is 0
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs* ours, const char* path, sqlite3_file* file, int flags, int* flags_out) {
    file->pMethods = nullptr;
    if (failpoint::reached("sqlite.open", path ? path : "") != 0) return SQLITE_CANTOPEN;
    inner(file)->pMethods = nullptr;
    const int code = real(ours)->xOpen(real(ours), path, inner(file), flags, flags_out);
    if (code != SQLITE_OK) return code;
    reinterpret_cast<File*>(file)->path = new std::string(path ? path : "");
    file->pMethods = &methods;
    return SQLITE_OK;
}
int remove(sqlite3_vfs* ours, const char* path, int sync_folder) {
    if (failpoint::reached("sqlite.delete", path) != 0) return SQLITE_IOERR_DELETE;
    return real(ours)->xDelete(real(ours), path, sync_folder);
}

/// Everything else is the real one's: its functions look at their `sqlite3_vfs` only for its name and its data.
int access(sqlite3_vfs* ours, const char* path, int flags, int* out) {
    return real(ours)->xAccess(real(ours), path, flags, out);
}
int full_pathname(sqlite3_vfs* ours, const char* path, int size, char* out) {
    return real(ours)->xFullPathname(real(ours), path, size, out);
}

int set_up() {
    static sqlite3_vfs ours;
    auto* underlying = sqlite3_vfs_find(nullptr);
    if (underlying == nullptr) throw std::bad_alloc();  // the library could not be set up
    ours = *underlying;
    ours.pNext = nullptr;
    ours.zName = our_name;
    ours.pAppData = underlying;
    ours.szOsFile = static_cast<int>(room_for_ours) + underlying->szOsFile;
    ours.xOpen = open;
    ours.xDelete = remove;
    ours.xAccess = access;
    ours.xFullPathname = full_pathname;
    return sqlite3_vfs_register(&ours, 0);
}

}  // namespace

const char* file_system() {
    static const int registered = set_up();
    return registered == SQLITE_OK ? our_name : nullptr;
}
#endif

}  // namespace onceway::store

// SQLite's file system with failpoints in it: `sqlite.open`, `.write`, `.sync`, `.truncate` and `.delete`, each with
// the file's path as its subject. In a release build SQLite uses its own.
#pragma once

namespace onceway::store {

/// The name of the file system that our databases open their files with; null: SQLite's own.
const char* file_system();

}  // namespace onceway::store

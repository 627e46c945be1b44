// SPDX-License-Identifier: Apache-2.0

import CGit2

/// The library as a whole: started once, never shut down.
enum LibGit2 {
    /// Starts the library and sets its process-wide options; later calls do nothing.
    static func start() { _ = started }

    private static let started: Void = {
        git_libgit2_init()
        // Trees above the default of 4 KiB would be parsed again at each look-up in them.
        _ = ms_git_set_tree_cache_limit(1 << 20)
        _ = ms_git_set_cache_size(16 << 20)
        // A crash must not leave a ref that names objects the disk never got.
        _ = ms_git_set_fsync(1)
        // The check protects those who run a foreign repository's hooks and configured commands; libgit2 runs neither,
        // and a mounted repository or volume often belongs to another user.
        _ = ms_git_set_owner_validation(0)
        // The user's and the system's configuration could rewrite URLs (`url.*.insteadOf`) behind the operator's back.
        for level in [
            GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
        ] {
            _ = ms_git_set_search_path(level.rawValue, "")
        }
    }()

    /// What the last failed call on this thread left; read it before anything else runs there.
    static func lastError() -> (message: String, klass: Int32) {
        guard let error = git_error_last(), let text = error.pointee.message else { return ("no details given", 0) }
        return (oneLine(String(cString: text)), error.pointee.klass)
    }

    /// Foreign text as a short line: control characters out, at most 300 characters.
    static func oneLine(_ text: String) -> String {
        let line = text.unicodeScalars.prefix(300).map { scalar in
            scalar.value < 0x20 || scalar.value == 0x7f ? " " : Character(scalar)
        }
        return String(line).trimmed()
    }
}

/// Owns one libgit2 object and frees it at the end of its life. What came from a repository must die before it.
struct Owned: ~Copyable {
    let pointer: OpaquePointer
    private let free: @convention(c) (OpaquePointer?) -> Void

    init(_ pointer: OpaquePointer, free: @escaping @convention(c) (OpaquePointer?) -> Void) {
        self.pointer = pointer
        self.free = free
    }

    deinit { free(pointer) }

    /// Runs a call that returns a new object through its first parameter. Throws the call's code.
    static func make(
        free: @escaping @convention(c) (OpaquePointer?) -> Void, _ call: (inout OpaquePointer?) -> Int32
    ) throws(LibGit2Code) -> Owned {
        var pointer: OpaquePointer?
        let code = call(&pointer)
        guard code == 0, let pointer else { throw LibGit2Code(code == 0 ? -1 : code) }
        return Owned(pointer, free: free)
    }
}

/// A failed call's code with the message that belongs to it, before it is known what it means to the caller.
struct LibGit2Code: Error {
    let code: Int32
    let klass: Int32
    let message: String

    /// Call at once after the failure, on the same thread.
    init(_ code: Int32) {
        self.code = code
        (message, klass) = LibGit2.lastError()
    }

    /// What a callback of ours would return; libgit2 knows nothing of it.
    static let cancelled = LibGit2Code(code: GIT_EUSER.rawValue, klass: 0, message: "cancelled")

    private init(code: Int32, klass: Int32, message: String) {
        self.code = code
        self.klass = klass
        self.message = message
    }

    var isNotFound: Bool { code == GIT_ENOTFOUND.rawValue }

    /// Whether what is stored is to blame, rather than the disk, a lock, memory or the caller.
    var isCorruption: Bool {
        switch git_error_code(code) {
        case GIT_EMISMATCH: return true
        case GIT_ELOCKED, GIT_EINVALIDSPEC, GIT_EUSER: return false
        default: break
        }
        switch git_error_t(UInt32(bitPattern: klass)) {
        case GIT_ERROR_ODB, GIT_ERROR_OBJECT, GIT_ERROR_ZLIB, GIT_ERROR_REFERENCE, GIT_ERROR_TREE, GIT_ERROR_INDEXER,
            GIT_ERROR_REPOSITORY, GIT_ERROR_CONFIG, GIT_ERROR_SHA:
            return true
        default: return false
        }
    }

    /// An object that another one names must be there: no shallow or partial copies are made.
    var asMissingObject: LibGit2Code {
        isNotFound ? LibGit2Code(code: GIT_EMISMATCH.rawValue, klass: klass, message: message) : self
    }

    static func check(_ code: Int32) throws(LibGit2Code) {
        if code < 0 { throw LibGit2Code(code) }
    }
}

extension git_oid {
    init(_ id: CommitID) {
        self.init()
        // A CommitID is 40 hexadecimal digits: this cannot fail.
        _ = git_oid_fromstr(&self, id.hex)
    }

    var hex: String {
        withUnsafeBytes(of: id) { bytes in
            String(decoding: bytes.flatMap { [hexDigits[Int($0 >> 4)], hexDigits[Int($0 & 15)]] }, as: UTF8.self)
        }
    }

    var commitID: CommitID { CommitID(trusted: hex) }

    func equals(_ other: git_oid) -> Bool {
        withUnsafePointer(to: self) { left in
            withUnsafePointer(to: other) { right in git_oid_equal(left, right) != 0 }
        }
    }
}

private let hexDigits = Array("0123456789abcdef".utf8)

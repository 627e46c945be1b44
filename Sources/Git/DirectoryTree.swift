// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Manifests

/// The files beneath a folder of this machine, as they are now. No symbolic link is followed and nothing above the
/// folder is reached, whatever the paths say.
///
/// For one look by one command: identities are those of files on the disk, not of their contents. Used by one thread.
package final class DirectoryTree: FileTree {
    private let root: Descriptor
    /// The folder that was looked into last: the next look is mostly into the same.
    private var last: (path: String, folder: Descriptor)?

    /// - Parameter root: an absolute path.
    /// - Throws: `FileTreeError`.
    package init(_ root: String) throws {
        let descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(root) }
        self.root = Descriptor(descriptor)
    }

    package func entry(at path: String) throws -> FileTreeEntry? {
        guard !path.isEmpty else { return try Self.entry(path, try Self.status(of: root, path)) }
        guard let (folder, name) = Self.split(path), let descriptor = try self.folder(folder) else { return nil }
        var status = stat()
        guard fstatat(descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG { return nil }
            throw Self.failure(path)
        }
        return try Self.entry(path, status)
    }

    package func children(of path: String) throws -> [FileTreeEntry] {
        guard let descriptor = try folder(path) else { throw FileTreeError(path: path, message: "is not a folder") }
        // The stream owns its descriptor, and reading moves its position.
        let copy = openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { throw Self.failure(path) }
        defer { closedir(stream) }
        var names: [String] = []
        while let found = readdir(stream) {
            let name = withUnsafePointer(to: &found.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return try names.compactMap { try entry(at: path.isEmpty ? $0 : "\(path)/\($0)") }
    }

    package func contents(of path: String, limit: Int) throws -> [UInt8] {
        guard !path.isEmpty else { throw FileTreeError(path: path, message: "is a folder, not a file") }
        guard let (folder, name) = Self.split(path), let parent = try self.folder(folder) else {
            throw FileTreeError(path: path, message: "not found")
        }
        // Without O_NONBLOCK, opening a pipe would wait for its writer.
        let number = openat(parent.number, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard number >= 0 else {
            guard errno == ELOOP else { throw Self.failure(path) }
            throw FileTreeError(path: path, message: "is a symbolic link, which is not followed")
        }
        let file = Descriptor(number)
        let status = try Self.status(of: file, path)
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw FileTreeError(path: path, message: "is a folder, not a file")
        default: throw FileTreeError(path: path, message: "is neither a file nor a folder")
        }
        guard status.st_size <= limit else {
            throw FileTreeError.tooLarge(path, bytes: Int(status.st_size), limit: limit)
        }
        // It may grow while it is read.
        let size = min(Int(status.st_size), limit)
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let read = Glibc.read(file.number, buffer.baseAddress.map { $0 + count }, size - count)
                if read > 0 { count += read } else if read == 0 || errno != EINTR { failed = read < 0; break }
            }
        }
        guard !failed else { throw Self.failure(path) }
        return bytes
    }

    /// A folder of the tree, opened part by part; nil where a part is missing, a link or no folder.
    private func folder(_ path: String) throws -> Descriptor? {
        guard !path.isEmpty else { return root }
        if let last, last.path == path { return last.folder }
        var current = root
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            guard Self.isName(part) else { return nil }
            let number = openat(current.number, String(part), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard number >= 0 else {
                if [ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG].contains(errno) { return nil }
                throw Self.failure(path)
            }
            current = Descriptor(number)
        }
        last = (path, current)
        return current
    }

    /// Nil where the last part is no name.
    private static func split(_ path: String) -> (folder: String, name: String)? {
        let slash = path.lastIndex(of: "/")
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        // An empty folder part would be taken for the root.
        guard isName(name), slash != path.startIndex else { return nil }
        return (slash.map { String(path[..<$0]) } ?? "", String(name))
    }

    private static func isName(_ part: Substring) -> Bool { !part.isEmpty && part != "." && part != ".." }

    private static func status(of descriptor: Descriptor, _ path: String) throws -> stat {
        var status = stat()
        guard fstat(descriptor.number, &status) == 0 else { throw failure(path) }
        return status
    }

    private static func entry(_ path: String, _ status: stat) throws -> FileTreeEntry {
        let kind: FileTreeEntry.Kind
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symbolicLink
        default: throw FileTreeError(path: path, message: "is neither a file nor a folder")
        }
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let time = status.st_mtim
        let id = "\(status.st_dev).\(status.st_ino).\(status.st_size).\(time.tv_sec).\(time.tv_nsec)"
        return FileTreeEntry(name: name, kind: kind, id: id)
    }

    /// What the last system call failed with.
    private static func failure(_ path: String) -> FileTreeError {
        FileTreeError(path: path, message: String(cString: strerror(errno)))
    }
}

/// An open file that closes with its last owner.
private final class Descriptor {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }
}

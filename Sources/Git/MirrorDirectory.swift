// SPDX-License-Identifier: Apache-2.0

import CGit2
import Glibc

/// The bare repository on disk: made on first use, made anew where a crash or the disk broke it.
///
/// The first thing written into the folder is the marker, so that only what we made is ever removed. It also names the
/// URL: refs that came from another one must not pass for this one's.
struct MirrorDirectory: Sendable {
    let path: String
    let url: GitURL

    static let remoteRefs = "refs/mainstay/remote/"
    static let pins = "refs/mainstay/pins/"

    private static let markerName = "mainstay-mirror"
    private var markerPath: String { "\(path)/\(Self.markerName)" }
    private var marker: String { "mainstay mirror 1\n\(url)\n" }

    /// The repository, ready to be fetched into. Blocks. Throws `.corruptMirror` where it cannot be trusted.
    ///
    /// - Parameter isRebuilt: remove what is there first. Nobody may have it open then: libgit2 shares packs by path
    ///   within the process, and would serve the old one's bytes for the new one's.
    func open(isRebuilt: Bool = false) throws(GitError) -> Owned {
        LibGit2.start()
        switch try state() {
        case .absent:
            return try create()
        case .ours(let isSameURL):
            if isRebuilt { return try rebuild() }
            let repository = try openChecked()
            if !isSameURL {
                try forgetRemote(in: repository.pointer)
                try writeMarker()
            }
            return repository
        case .foreign:
            throw GitError(
                .other, path, "the folder holds something else than a mirror, which is left alone",
                hint: "name an empty or absent folder for the mirror")
        }
    }

    private enum State {
        case absent
        case ours(isSameURL: Bool)
        case foreign
    }

    private func state() throws(GitError) -> State {
        if let text = try? SmallFile.read(markerPath) {
            return .ours(isSameURL: text == Array(marker.utf8))
        }
        guard let names = try entries(of: path) else { return .absent }
        return names.isEmpty ? .absent : .foreign
    }

    private func create() throws(GitError) -> Owned {
        try makeDirectories()
        try writeMarker()
        do {
            return try Owned.make(free: git_repository_free) { git_repository_init(&$0, path, 1) }
        } catch {
            throw GitError(.other, path, "the mirror cannot be made: \(error.message)")
        }
    }

    /// For reading only; nothing is checked or mended.
    func openExisting() throws(LibGit2Code) -> Owned {
        try Owned.make(free: git_repository_free) {
            git_repository_open_ext(
                &$0, path, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue | GIT_REPOSITORY_OPEN_BARE.rawValue, nil)
        }
    }

    private func openChecked() throws(GitError) -> Owned {
        do {
            let repository = try openExisting()
            try check(repository.pointer)
            return repository
        } catch {
            guard error.isCorruption || error.isNotFound else { throw GitError(.other, path, error.message) }
            throw GitError(
                .corruptMirror, path, "it is half made or damaged: \(error.message)",
                hint: "the next fetch makes the mirror anew")
        }
    }

    /// Throws unless every ref leads to a commit whose tree can be read. A break deeper down shows when it is read.
    private func check(_ repository: OpaquePointer) throws(LibGit2Code) {
        for ref in try references(in: repository) { _ = try GitTree(of: ref.id, in: repository) }
    }

    /// Whether everything that the refs' commits show can be read. Looks at each file, so only for when there is doubt.
    func isWhole(_ repository: OpaquePointer) -> Bool {
        guard let refs = try? references(in: repository) else { return false }
        return refs.allSatisfy { ref in
            guard let tree = try? GitTree(of: ref.id, in: repository) else { return false }
            return tree.isWhole(at: "")
        }
    }

    /// All refs with their commits.
    func references(in repository: OpaquePointer) throws(LibGit2Code) -> [(name: String, id: CommitID)] {
        var names = git_strarray()
        try LibGit2Code.check(git_reference_list(&names, repository))
        defer { git_strarray_dispose(&names) }
        var references: [(String, CommitID)] = []
        for index in 0..<names.count {
            guard let name = names.strings[index] else { continue }
            var id = git_oid()
            try LibGit2Code.check(git_reference_name_to_id(&id, repository, name))
            references.append((String(cString: name), id.commitID))
        }
        return references
    }

    /// Sets pins again after a rebuild, where their commits came back with the branches.
    func restore(_ pins: [(name: String, id: CommitID)], in repository: OpaquePointer) {
        for pin in pins {
            var id = git_oid(pin.id)
            guard (try? GitTree(of: pin.id, in: repository)) != nil else { continue }
            _ = try? Owned.make(free: git_reference_free) {
                git_reference_create(&$0, repository, pin.name, &id, 1, nil)
            }
        }
    }

    /// The pins, as far as they can still be read.
    func pins() -> [(name: String, id: CommitID)] {
        guard let repository = try? openExisting(), let refs = try? references(in: repository.pointer) else {
            return []
        }
        return refs.filter { $0.name.hasPrefix(Self.pins) }
    }

    private func rebuild() throws(GitError) -> Owned {
        // The marker goes last: killed in between, the folder is still known as ours.
        for name in try entries(of: path) ?? [] where name != Self.markerName {
            try removeTree("\(path)/\(name)")
        }
        return try create()
    }

    private func forgetRemote(in repository: OpaquePointer) throws(GitError) {
        do {
            for ref in try references(in: repository) where ref.name.hasPrefix(Self.remoteRefs) {
                try LibGit2Code.check(git_reference_remove(repository, ref.name))
            }
        } catch {
            throw GitError(.corruptMirror, path, "its refs cannot be removed: \(error.message)")
        }
    }

    /// Removes what a killed process left behind: unfinished packs (finished ones are named `pack-…`), and locks, which
    /// would stand in the way for ever. For before anything else uses the mirror; another process never does: the
    /// daemon holds a lock on its data folder.
    func removeLeftovers() {
        guard (try? SmallFile.read(markerPath)) != nil else { return }
        let packs = "\(path)/objects/pack"
        for name in (try? entries(of: packs)) ?? [] where !name.hasPrefix("pack-") { unlink("\(packs)/\(name)") }
        removeLocks(in: path, depth: 0)
        removeLocks(in: "\(path)/refs", depth: 8)
    }

    private func removeLocks(in folder: String, depth: Int) {
        for name in (try? entries(of: folder)) ?? [] {
            let file = "\(folder)/\(name)"
            if name.hasSuffix(".lock"), unlink(file) == 0 { continue }
            if depth > 0 { removeLocks(in: file, depth: depth - 1) }
        }
    }

    private func makeDirectories() throws(GitError) {
        var partial = ""
        for part in path.split(separator: "/") {
            partial += "/\(part)"
            guard mkdir(partial, 0o700) == 0 || errno == EEXIST else { throw failure("the folder cannot be made") }
        }
    }

    private func writeMarker() throws(GitError) {
        let descriptor = Glibc.open(markerPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("the mirror's marker cannot be written") }
        defer { close(descriptor) }
        let bytes = Array(marker.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw failure("the mirror's marker cannot be written")
        }
    }

    /// The names in a folder; nil where there is no such folder.
    private func entries(of folder: String) throws(GitError) -> [String]? {
        guard let stream = opendir(folder) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure("the folder cannot be read")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private func removeTree(_ path: String) throws(GitError) {
        // A link is unlinked, never followed; only a folder refuses to be.
        if unlink(path) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw failure("a broken mirror cannot be removed") }
        for name in try entries(of: path) ?? [] { try removeTree("\(path)/\(name)") }
        guard rmdir(path) == 0 else { throw failure("a broken mirror cannot be removed") }
    }

    private func failure(_ message: String) -> GitError {
        GitError(
            .other, path, "\(message): \(String(cString: strerror(errno)))",
            hint: "check the folder's owner, permissions and free space")
    }
}

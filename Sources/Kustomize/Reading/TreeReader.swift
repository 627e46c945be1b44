// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// One look at the tree: a path, and what was found there.
///
/// A file's entry, a missing path, or a folder that was listed. A folder that was only passed through is not recorded:
/// what was read beneath it is.
package struct TreeRead: Sendable, Hashable {
    package var path: String
    /// The entry's id, or nil where there was nothing.
    package var id: String?

    package init(path: String, id: String?) {
        self.path = path
        self.id = id
    }
}

/// What one render may cost.
package struct RenderLimits: Sendable {
    /// Files read.
    package var files = 20_000
    /// Bytes of one file, and of its YAML with aliases expanded.
    package var fileBytes = 8 << 20 { didSet { yaml.bytes = fileBytes } }
    /// Bytes of all files together.
    package var totalBytes = 128 << 20
    /// Kustomizations within kustomizations.
    package var depth = 32
    /// Objects added to kustomizations; one that passes through three of them counts three times, and a base that three
    /// name counts three times.
    package var objects = 500_000
    /// Kustomizations and components carried out; each counts as often as it is named.
    package var kustomizations = 20_000
    /// Nodes of YAML that replacements, vars and copies in patches may put into objects; 64 bytes of text are one.
    package var copies = 1_000_000
    /// What the YAML of one file may cost. A cache shared by several renders serves them all by the limits of the first.
    package var yaml = YAML.Limits()

    package init() {}
}

/// Reads a tree within limits, refuses what leads out of it, and records every path looked at.
struct TreeReader {
    private let tree: any FileTree
    private let limits: RenderLimits
    private var files = 0
    private var bytes = 0
    /// The whole render's trace, and within it one for each kustomization that is being built.
    private var traces = [ReadTrace()]

    /// In order of first read, unique by path.
    var reads: [TreeRead] { traces[0].reads }

    init(_ tree: any FileTree, limits: RenderLimits) {
        self.tree = tree
        self.limits = limits
    }

    enum Kind: Hashable {
        /// With the identity of its contents.
        case file(id: String)
        case folder
    }

    /// What is at a path; nil where there is nothing.
    mutating func kind(at path: String) throws(RenderError) -> Kind? {
        guard !path.isEmpty else { return .folder }
        guard let entry = try entry(at: path) else {
            try refuseLinkAbove(path)
            record(path, nil)
            return nil
        }
        switch entry.kind {
        case .directory: return .folder
        case .file:
            record(path, entry.id)
            return .file(id: entry.id)
        case .symbolicLink:
            record(path, entry.id)
            throw RenderError(
                .refusedPath, file: path, "is a symbolic link", hint: "put the file itself here, links are not followed"
            )
        case .submodule:
            record(path, entry.id)
            throw RenderError(
                .refusedPath, file: path, "is a submodule", hint: "copy its manifests here, submodules are not fetched")
        }
    }

    /// The identity of a file's contents; nil where nothing or a folder is at that path.
    mutating func fileID(at path: String) throws(RenderError) -> String? {
        switch try kind(at: path) {
        case .file(let id): return id
        case .folder:
            noteFolder(path)
            return nil
        case nil: return nil
        }
    }

    /// Records a folder whose being one was the answer: a file in its place would be another answer.
    mutating func noteFolder(_ path: String) { record(path, (try? tree.entry(at: path))?.id) }

    /// A file's bytes; nil where nothing or a folder is at that path.
    mutating func contents(of path: String) throws(RenderError) -> [UInt8]? {
        guard try fileID(at: path) != nil else { return nil }
        files += 1
        guard files <= limits.files else {
            throw RenderError(.limit, file: path, "more than \(limits.files) files are read in one render")
        }
        let contents: [UInt8]
        do {
            contents = try tree.contents(of: path, limit: limits.fileBytes)
        } catch {
            throw Self.unreadable(path, error)
        }
        bytes += contents.count
        guard bytes <= limits.totalBytes else {
            throw RenderError(.limit, file: path, "more than \(limits.totalBytes) bytes are read in one render")
        }
        return contents
    }

    /// A folder's entries, sorted by name.
    mutating func children(of path: String) throws(RenderError) -> [FileTreeEntry] {
        record(path, try entry(at: path)?.id)
        do {
            return try tree.children(of: path)
        } catch {
            throw Self.unreadable(path, error)
        }
    }

    private func entry(at path: String) throws(RenderError) -> FileTreeEntry? {
        do {
            return try tree.entry(at: path)
        } catch {
            throw Self.unreadable(path, error)
        }
    }

    private static func unreadable(_ path: String, _ error: any Error) -> RenderError {
        if let error = error as? FileTreeError, error.isTooLarge {
            return RenderError(.limit, file: path, error.message)
        }
        let reason = (error as? FileTreeError)?.message ?? "\(error)"
        return RenderError(.unreadable, file: path, "cannot be read: \(reason)")
    }

    /// A path below a link or a submodule has no entry; the error should name the link, not the path.
    private mutating func refuseLinkAbove(_ path: String) throws(RenderError) {
        let folder = TreePath.folder(of: path)
        guard !folder.isEmpty, try entry(at: folder)?.kind != .directory else { return }
        record(path, nil)
        var parts: [Substring] = []
        for part in folder.split(separator: "/") {
            parts.append(part)
            guard let kind = try entry(at: parts.joined(separator: "/"))?.kind else { return }
            if kind == .symbolicLink || kind == .submodule { _ = try self.kind(at: parts.joined(separator: "/")) }
        }
    }

    private mutating func record(_ path: String, _ id: String?) {
        traces[traces.count - 1].add(TreeRead(path: path, id: id))
    }
}

// MARK: - Traces

extension TreeReader {
    /// From here until `endTrace`, what is read is also kept apart.
    mutating func beginTrace() { traces.append(ReadTrace()) }

    /// What was read since `beginTrace`, whether or not it had been read before.
    mutating func endTrace() -> [TreeRead] {
        let reads = traces.removeLast().reads
        repeatReads(reads)
        return reads
    }

    /// Counts what an earlier reading gave as read now.
    mutating func repeatReads(_ reads: [TreeRead]) {
        for read in reads { traces[traces.count - 1].add(read) }
    }

    /// Whether looking again would find what was found then. These looks are not recorded.
    func areUnchanged(_ reads: [TreeRead], cover: TreeRead?) -> Bool {
        if let cover, isUnchanged(cover) { return true }
        return reads.allSatisfy(isUnchanged)
    }

    /// The deepest folder above all of these paths, whose identity stands for all of theirs; nil where that is the root.
    func cover(of reads: [TreeRead]) -> TreeRead? {
        guard var common = reads.first.map({ TreePath.folder(of: $0.path) }) else { return nil }
        for read in reads {
            while !common.isEmpty, !read.path.hasPrefix(common + "/") { common = TreePath.folder(of: common) }
        }
        guard !common.isEmpty, let id = try? tree.entry(at: common)?.id else { return nil }
        return TreeRead(path: common, id: id)
    }

    private func isUnchanged(_ read: TreeRead) -> Bool {
        do {
            return try tree.entry(at: read.path)?.id == read.id
        } catch {
            return false
        }
    }
}

/// Reads in order, each path once.
private struct ReadTrace {
    private var recorded: Set<String> = []
    private(set) var reads: [TreeRead] = []

    mutating func add(_ read: TreeRead) {
        if recorded.insert(read.path).inserted { reads.append(read) }
    }
}

extension TreeReader {
    /// The path that a reference in a file of `folder` leads to.
    static func path(
        _ reference: String, from folder: String, namedIn file: String, at position: YAMLNode.Position?,
        field: String = ""
    ) throws(RenderError) -> String {
        let message: String
        var hint: String?
        do throws(TreePath.Refusal) {
            return try TreePath.resolve(reference, from: folder)
        } catch {
            switch error {
            case .empty: message = "an empty path"
            case .absolute:
                message = "\(reference) is an absolute path"
                hint = "write it relative to this file's folder"
            case .leavesTree:
                message = "\(reference) leads out of the repository"
                hint = "keep everything that is rendered inside the repository"
            case .remote:
                message = "\(reference) is a remote address"
                hint = "copy it into the repository, a render never uses the network"
            }
        }
        var error = RenderError(.refusedPath, file: file, at: position, message, hint: hint)
        error.field = field
        throw error
    }

    /// The path of a file that a kustomization names. As kustomize has it (its load restrictor), a kustomization reads
    /// files in its own folder and below; what lies elsewhere it can only have through another kustomization.
    static func filePath(
        _ reference: String, from folder: String, namedIn file: String, at position: YAMLNode.Position?,
        field: String = ""
    ) throws(RenderError) -> String {
        let path = try path(reference, from: folder, namedIn: file, at: position, field: field)
        try refuseOutside(path, of: folder, namedIn: file, at: position, field: field)
        return path
    }

    /// Throws for a file that is not in a kustomization's folder nor below it.
    static func refuseOutside(
        _ path: String, of folder: String, namedIn file: String, at position: YAMLNode.Position?, field: String
    ) throws(RenderError) {
        guard !folder.isEmpty, !path.hasPrefix("\(folder)/") else { return }
        var error = RenderError(
            .refusedPath, file: file, at: position, "\(path) is outside of \(folder), the kustomization's own folder",
            hint: "move the file, or name a folder with a kustomization that lists it")
        error.field = field
        throw error
    }

    /// A file that a kustomization names: where it is, and its bytes. A missing one is an error at the place that names it.
    mutating func file(
        _ reference: String, from folder: String, namedIn file: String, at position: YAMLNode.Position?,
        field: String = ""
    ) throws(RenderError) -> (path: String, bytes: [UInt8]) {
        let path = try Self.filePath(reference, from: folder, namedIn: file, at: position, field: field)
        do throws(RenderError) {
            if let contents = try contents(of: path) { return (path, contents) }
        } catch {
            throw error.named(in: file, at: position)
        }
        var error = RenderError(.notFound, file: file, at: position, "\(path) is no file of the repository")
        error.field = field
        throw error
    }
}

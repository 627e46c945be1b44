// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// A file tree held in memory, for tests. Ids are made from contents, as a git tree's are.
package struct MemoryTree: FileTree {
    private enum Node {
        case file([UInt8])
        case symbolicLink(String)
        case submodule(String)
    }

    private var nodes: [String: Node] = [:]

    /// Texts by path.
    package init(_ files: [String: String] = [:]) {
        for (path, text) in files { nodes[path] = .file(Array(text.utf8)) }
    }

    package subscript(path: String) -> String? {
        get { if case .file(let bytes)? = nodes[path] { String(decoding: bytes, as: UTF8.self) } else { nil } }
        set { nodes[path] = newValue.map { .file(Array($0.utf8)) } }
    }

    package mutating func setBytes(_ bytes: [UInt8], at path: String) { nodes[path] = .file(bytes) }
    package mutating func setSymbolicLink(to target: String, at path: String) { nodes[path] = .symbolicLink(target) }
    package mutating func setSubmodule(_ commit: String, at path: String) { nodes[path] = .submodule(commit) }

    package func entry(at path: String) throws -> FileTreeEntry? {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        switch nodes[path] {
        case .file(let bytes): return FileTreeEntry(name: name, kind: .file, id: Self.digest("file", bytes))
        case .symbolicLink(let target):
            return FileTreeEntry(name: name, kind: .symbolicLink, id: Self.digest("link", Array(target.utf8)))
        case .submodule(let commit): return FileTreeEntry(name: name, kind: .submodule, id: commit)
        case nil:
            let entries = names(in: path)
            guard path.isEmpty || !entries.isEmpty else { return nil }
            var text = ""
            for child in try children(of: path) { text += "\(child.kind) \(child.name) \(child.id)\n" }
            return FileTreeEntry(name: name, kind: .directory, id: Self.digest("tree", Array(text.utf8)))
        }
    }

    package func children(of path: String) throws -> [FileTreeEntry] {
        let entries = names(in: path)
        guard nodes[path] == nil, path.isEmpty || !entries.isEmpty else {
            throw FileTreeError(path: path, message: "no such folder")
        }
        return try entries.compactMap { try entry(at: path.isEmpty ? $0 : "\(path)/\($0)") }
    }

    package func contents(of path: String, limit: Int) throws -> [UInt8] {
        guard case .file(let bytes)? = nodes[path] else { throw FileTreeError(path: path, message: "no such file") }
        guard bytes.count <= limit else {
            throw FileTreeError.tooLarge(path, bytes: bytes.count, limit: limit)
        }
        return bytes
    }

    private func names(in folder: String) -> [String] {
        let prefix = folder.isEmpty ? "" : "\(folder)/"
        let below = nodes.keys.filter { $0.hasPrefix(prefix) && $0 != folder }
        return Set(below.compactMap { $0.dropFirst(prefix.count).split(separator: "/").first.map(String.init) })
            .sorted()
    }

    /// FNV-1a, 64 bit.
    private static func digest(_ kind: String, _ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in Array(kind.utf8) + [0] + bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let hex = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - hex.count) + hex
    }
}

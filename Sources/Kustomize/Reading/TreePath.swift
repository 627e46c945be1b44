// SPDX-License-Identifier: Apache-2.0

/// Paths within a tree: relative to its root, parts joined by `/`, without `.` and `..`.
enum TreePath {
    /// Why a reference names nothing in the tree.
    enum Refusal: Error, Hashable {
        case empty, absolute, leavesTree, remote
    }

    /// A reference, written in a file of `folder`, as a path from the root.
    static func resolve(_ reference: String, from folder: String) throws(Refusal) -> String {
        guard !reference.isEmpty else { throw .empty }
        guard !isRemote(reference) else { throw .remote }
        guard !reference.hasPrefix("/") else { throw .absolute }
        var parts = folder.utf8.split(separator: slash).map(Substring.init)
        for part in reference.utf8.split(separator: slash).map(Substring.init) {
            switch part {
            case ".": continue
            case "..":
                guard parts.popLast() != nil else { throw .leavesTree }
            default: parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }

    static func join(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : "\(folder)/\(name)" }

    /// The folder that holds a path; the root for a name without a slash.
    static func folder(of path: String) -> String {
        path.utf8.lastIndex(of: slash).map { String(path[..<$0]) } ?? ""
    }

    /// A path from the root as it is written in a folder: `../base/web.yaml`.
    static func relative(_ path: String, from folder: String) -> String {
        let parts = path.split(separator: "/")
        let base = folder.split(separator: "/")
        let shared = zip(parts, base).prefix { $0 == $1 }.count
        let up = Array(repeating: "..", count: base.count - shared)
        return (up + parts.dropFirst(shared).map(String.init)).joined(separator: "/")
    }

    static func name(of path: String) -> String {
        path.utf8.lastIndex(of: slash).map { String(path[path.utf8.index(after: $0)...]) } ?? path
    }

    private static let slash = UInt8(ascii: "/")

    /// The forms by which kustomize names repositories and files elsewhere.
    private static func isRemote(_ reference: String) -> Bool {
        // Nearly every reference is a plain path: its bytes tell, and searching for texts would take longer than all else.
        guard !isPlain(reference) else { return reference.hasPrefix("github.com/") }
        return reference.contains("://") || reference.contains("?ref=") || reference.contains("?version=")
            || reference.hasPrefix("git@") || reference.hasPrefix("git::") || reference.hasPrefix("github.com/")
            || reference.contains(".git//")
    }

    private static func isPlain(_ reference: String) -> Bool {
        var previous: UInt8 = 0
        for byte in reference.utf8 {
            switch byte {
            case UInt8(ascii: ":"), UInt8(ascii: "?"), UInt8(ascii: "@"): return false
            case UInt8(ascii: "/") where previous == UInt8(ascii: "/"): return false
            default: previous = byte
            }
        }
        return true
    }
}

// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Files that a seed made, still in parts, so that what does not matter can be taken out again.
struct GeneratedTree: Sendable {
    enum Content: Sendable, Equatable {
        /// A YAML file, or a JSON file of one document, by the name.
        case documents([Value])
        case text(String)
    }

    var files: [String: Content] = [:]
    var target = "."

    /// As bytes by path.
    var bytes: [String: [UInt8]] {
        files.mapValues { content in
            switch content {
            case .text(let text): Array(text.utf8)
            case .documents(let documents):
                Array(documents.map(YAML.text).joined(separator: "---\n").utf8)
            }
        }
    }
}

// MARK: - Shrinking

extension GeneratedTree {
    /// Every tree that has one part less: a file, a document, a member or an element, large parts first.
    var reductions: [GeneratedTree] {
        var result: [GeneratedTree] = []
        let paths = files.keys.sorted()
        for path in paths {
            var tree = self
            tree.files[path] = nil
            result.append(tree)
        }
        for depth in 1...12 {
            for path in paths {
                guard case .documents(let documents)? = files[path] else { continue }
                for reduced in Self.reductions(of: .array(documents), at: depth) {
                    guard case .array(let documents) = reduced else { continue }
                    var tree = self
                    tree.files[path] = .documents(documents)
                    result.append(tree)
                }
            }
        }
        return result
    }

    /// The value without one of the parts that lie that deep.
    private static func reductions(of value: Value, at depth: Int) -> [Value] {
        switch value {
        case .array(let elements):
            return elements.indices.flatMap { index -> [Value] in
                var rest = elements
                guard depth > 1 else {
                    rest.remove(at: index)
                    return [.array(rest)]
                }
                return reductions(of: elements[index], at: depth - 1).map {
                    rest[index] = $0
                    return .array(rest)
                }
            }
        case .object(let object):
            return object.pairs.flatMap { pair -> [Value] in
                var rest = object
                guard depth > 1 else {
                    rest[pair.key] = nil
                    return [.object(rest)]
                }
                return reductions(of: pair.value, at: depth - 1).map {
                    rest[pair.key] = $0
                    return .object(rest)
                }
            }
        case .string(let text) where text.contains("\n") || text.hasPrefix("[") || text.hasPrefix("{"):
            // A patch within a kustomization.
            guard let inner = try? YAML.documents(Array(text.utf8), file: "", dialect: .kustomize).first?.value,
                inner.array != nil || inner.object != nil
            else { return [] }
            return reductions(of: inner, at: depth).map { .string(YAML.text($0)) }
        default: return []
        }
    }

    /// The smallest tree found that still fails, by taking out one part after another.
    ///
    /// - Parameter attempts: how many trees are tried at most.
    func shrunk(attempts: Int = 600, stillFails: (GeneratedTree) async throws -> Bool) async rethrows -> GeneratedTree {
        var smallest = self
        var left = attempts
        var goesOn = true
        while goesOn {
            goesOn = false
            for candidate in smallest.reductions {
                guard left > 0 else { return smallest }
                left -= 1
                guard try await stillFails(candidate) else { continue }
                smallest = candidate
                goesOn = true
                break
            }
        }
        return smallest
    }
}

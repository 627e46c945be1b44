// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Something that is wrong with a manifest. Paths and types only: no value is in it.
package struct ManifestProblem: Sendable, Hashable, CustomStringConvertible {
    package var object: ObjectID
    package var origin: Origin
    /// `spec.template.spec.containers[0].image`.
    package var path: String
    package var message: String
    /// No server of this table's version takes it. Otherwise it may: what is missing may be another manager's, or have
    /// a default.
    package var isCertain: Bool

    package init(object: ObjectID, origin: Origin, path: String, message: String, isCertain: Bool) {
        self.object = object
        self.origin = origin
        self.path = path
        self.message = message
        self.isCertain = isCertain
    }

    package var description: String {
        path.isEmpty ? "\(origin): \(object): \(message)" : "\(origin): \(object): \(path): \(message)"
    }
}

/// Looks at manifests as the API server would: fields that no kind has, wrong types, items with the same key, what is no
/// base64, what is missing. The server answers most of these with a bare 500, and only once it is the object's turn.
///
/// Against the table of built-in types (kube-apiserver 1.36), and the schemas of definitions among the manifests. What is
/// of neither is not looked at.
package struct ManifestCheck: Sendable {
    /// Servers of a later minor version may have fields that the table does not know.
    package static let newestMinor = 36

    private let definitions: [GroupVersionKind: Value]

    /// - Parameter manifests: among them may be definitions of custom kinds.
    package init(manifests: [Manifest]) {
        definitions = DefinitionSchemas.schemas(in: manifests)
    }

    /// Whether what a kind's objects have is known here.
    package func knows(_ kind: GroupVersionKind) -> Bool {
        TypeTable.builtIn.type(for: kind) != nil || definitions[kind] != nil
    }

    /// At most 20 of a manifest, in its order.
    package func problems(of manifest: Manifest) -> [ManifestProblem] {
        var found = Findings()
        checkHook(manifest.object, &found)
        if let type = TypeTable.builtIn.type(for: manifest.groupVersionKind) {
            var walk = TypeWalk(findings: found)
            walk.check(.object(manifest.object), .type(type.name), nil, "")
            found = walk.findings
        } else if let schema = definitions[manifest.groupVersionKind] {
            var walk = DefinitionWalk(findings: found)
            walk.checkRoot(manifest.object, schema)
            found = walk.findings
        }
        return found.items.map { finding in
            ManifestProblem(
                object: manifest.id, origin: manifest.origin, path: finding.path, message: finding.message,
                isCertain: finding.isCertain)
        }
    }

    private func checkHook(_ object: Object, _ found: inout Findings) {
        for word in Hook.unknownWords(of: object) {
            found.report(
                "metadata.annotations",
                "the hook \(SafeText.word(word)) is none of "
                    + (Hook.Phase.allCases.map(\.rawValue) + RemovalHook.Phase.allCases.map(\.rawValue))
                    .joined(separator: ", ")
            )
        }
    }
}

/// What a walk through a manifest found.
struct Findings: Sendable {
    struct Finding: Sendable {
        var path: String
        var message: String
        var isCertain: Bool
    }

    private(set) var items: [Finding] = []
    private static let limit = 20

    mutating func report(_ path: String, _ message: String, isCertain: Bool = true) {
        guard items.count < Self.limit else { return }
        items.append(Finding(path: path, message: message, isCertain: isCertain))
    }

    /// The path of a member. Keys of maps are quoted where they would be taken for several steps.
    static func path(_ path: String, _ key: String) -> String {
        let isPlain = key.utf8.allSatisfy { byte in
            (0x41...0x5A).contains(byte & 0xDF) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
        }
        let name = key.utf8.count > 100 ? "\(key.prefix(100))…" : key
        guard isPlain else { return "\(path)[\"\(SafeText.quote(name))\"]" }
        return path.isEmpty ? name : "\(path).\(name)"
    }

    /// Two items of a list that one key names: the server cannot tell them apart.
    mutating func checkKeys(_ items: [Value], _ keys: [String], defaults: Object, _ path: String) {
        var seen: [[Value]: Int] = [:]
        for (index, item) in items.enumerated() {
            guard let object = item.object else { continue }
            var names: [Value] = []
            for key in keys {
                guard let value = object[key] ?? defaults[key] else {
                    report("\(path)[\(index)]", "\"\(key)\" is missing, by which the items are told apart")
                    break
                }
                names.append(value)
            }
            guard names.count == keys.count else { continue }
            if let first = seen[names] {
                report("\(path)[\(index)]", "has the same \(keys.joined(separator: " and ")) as item \(first)")
            } else {
                seen[names] = index
            }
        }
    }

    mutating func checkSet(_ items: [Value], _ path: String) {
        var seen: [Value: Int] = [:]
        for (index, item) in items.enumerated() {
            if let first = seen[item] {
                report("\(path)[\(index)]", "is the same as item \(first)")
            } else {
                seen[item] = index
            }
        }
    }

    mutating func reportType(_ value: Value, _ expected: String, _ path: String) {
        let hint = expected == "a text" && value.object == nil && value.array == nil ? "; put it in quotes" : ""
        report(path, "must be \(expected), not a \(value.typeName)\(hint)")
    }
}

// SPDX-License-Identifier: Apache-2.0

/// A map that is being read; see `StrictDecoder`.
package final class StrictMap {
    package let context: StrictContext
    package let node: YAMLNode
    private let members: [YAMLNode.Member]
    /// In the order asked for.
    private var known: [String] = []
    private var refused: [String] = []
    private let isLenientCase: Bool

    init?(_ node: YAMLNode, context: StrictContext) {
        guard case .mapping(let members) = node.content else { return nil }
        self.node = node
        self.members = members
        self.context = context
        isLenientCase = context.leniency.contains(.otherCase)
    }

    package var isEmpty: Bool { members.isEmpty }

    /// A field that must be there and not be empty.
    package func required<Field: StrictValue>(_ name: String, as type: Field.Type = Field.self) -> Field {
        guard let node = child(name), !node.isNull, node.content != .scalar(.string("")) else {
            reportMissing(name)
            return .placeholder
        }
        return context.field(name).read(type, from: node)
    }

    /// A field that may be left out; an empty one counts as left out.
    package func optional<Field: StrictValue>(_ name: String, as type: Field.Type = Field.self) -> Field? {
        guard let node = child(name), !node.isNull else { return nil }
        return context.field(name).read(type, from: node)
    }

    /// A map within, nil where it is left out.
    package func map<Result>(_ name: String, _ body: (StrictMap) -> Result) -> Result? {
        guard let node = child(name), !node.isNull else { return nil }
        return Self.read(node, context.field(name), body)
    }

    package func requiredMap<Result>(_ name: String, _ body: (StrictMap) -> Result) -> Result? {
        guard let node = child(name), !node.isNull else {
            reportMissing(name)
            return nil
        }
        return Self.read(node, context.field(name), body)
    }

    /// A list of maps, empty where it is left out.
    package func maps<Result>(_ name: String, _ body: (StrictMap) -> Result) -> [Result] {
        guard let node = child(name), !node.isNull else { return [] }
        let context = context.field(name)
        guard case .sequence(let nodes) = node.content else {
            context.report("must be a list, not a \(node.typeName)", at: node.position)
            return []
        }
        return nodes.enumerated().compactMap { Self.read($0.element, context.element($0.offset), body) }
    }

    /// The `apiVersion` and `kind` that the file must state.
    package func header(apiVersion: String, kind: String) {
        for (name, expected) in [("apiVersion", apiVersion), ("kind", kind)] {
            let found: Located<String> = required(name)
            if found.path != "", found.value != expected {
                context.report("must be \(expected), not \"\(found.value)\"", at: found)
            }
        }
    }

    /// A field that is known and of no interest: whatever it holds is right.
    package func ignore(_ name: String) { _ = child(name) }

    /// A field that others know and this file cannot have.
    package func refuse(_ name: String, _ message: String) {
        refused.append(name)
        guard let member = member(name) else { return }
        refused.append(member.key)
        context.field(name).report(message, at: member.keyPosition)
    }

    /// Records a problem of the map as a whole.
    package func report(_ message: String) { context.report(message, at: node.position) }

    /// Records a problem of a field, or of the map where the field is not there.
    package func report(_ message: String, at name: String) {
        let position = member(name)?.node.position ?? node.position
        context.field(name).report(message, at: position)
    }

    /// A node as a map; nil, and a problem, where it is none.
    package static func read<Result>(
        _ node: YAMLNode, _ context: StrictContext, _ body: (StrictMap) -> Result
    ) -> Result? {
        guard let map = StrictMap(node, context: context) else {
            context.report("must be a map, not a \(node.typeName)", at: node.position)
            return nil
        }
        let result = body(map)
        map.reportUnknownFields()
        return result
    }

    private func child(_ name: String) -> YAMLNode? {
        known.append(name)
        guard let member = member(name) else { return nil }
        if isLenientCase {
            known += members.lazy.map(\.key).filter { $0 != name && Self.isSame($0, name) }
        }
        return member.node
    }

    private func member(_ name: String) -> YAMLNode.Member? {
        guard isLenientCase else { return members.first { $0.key == name } }
        // Go reads all of them, sorted, into the one field.
        return members.filter { Self.isSame($0.key, name) }.max { $0.key < $1.key }
    }

    private static func isSame(_ key: String, _ name: String) -> Bool {
        key.utf8.count == name.utf8.count && key.lowercased() == name.lowercased()
    }

    private func reportMissing(_ name: String) {
        if let member = member(name) {
            context.field(name).report("is empty", at: member.keyPosition)
        } else {
            context.report("\"\(name)\" is missing", at: node.position)
        }
    }

    func reportUnknownFields() {
        let candidates = known.filter { name in !members.contains { $0.key == name } }
        for member in members where !known.contains(member.key) && !refused.contains(member.key) {
            let ending = Suggestion.ending(for: member.key, among: candidates)
            context.reportUnknown("unknown field \"\(member.key)\"\(ending)", at: member.keyPosition)
        }
    }
}

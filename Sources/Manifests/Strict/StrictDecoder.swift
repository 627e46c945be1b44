// SPDX-License-Identifier: Apache-2.0

/// Reads a file that people write by hand, and tells them everything that is wrong with it at once.
///
/// Decoding is a list of declarations: asking for a field declares it, and what nobody asked for is an unknown field.
///
/// ```swift
/// let server = try StrictDecoder.decode(bytes, file: "server.yaml") { fields in
///     Server(name: fields.required("name"), port: fields.optional("port") ?? 8080, tags: fields.optional("tags") ?? [])
/// }
/// ```
package enum StrictDecoder {
    /// Decodes the one document of a file, which must be a map.
    ///
    /// - Parameters:
    ///   - leniency: what does not count as a problem.
    ///   - overlooked: is told of the unknown fields that leniency lets pass, where nothing else is wrong.
    /// - Throws: `StrictErrors` with every problem that `body` met or reported, sorted by place.
    package static func decode<Result>(
        _ bytes: [UInt8], file: String, limits: YAML.Limits = YAML.Limits(), leniency: StrictLeniency = .none,
        overlooked: (StrictProblem) -> Void = { _ in }, _ body: (StrictMap) -> Result
    ) throws(StrictErrors) -> Result {
        let documents: [YAMLDocument]
        do throws(YAMLError) {
            documents = try YAML.documents(bytes, file: file, limits: limits)
        } catch {
            let position = YAMLNode.Position(line: error.line, column: error.column)
            throw StrictErrors(problems: [
                StrictProblem(file: file, position: position, path: "", message: error.message)
            ])
        }
        return try decode(documents, file: file, leniency: leniency, overlooked: overlooked, body)
    }

    /// Decodes the one document of a file that was read before; `documents` are all of the file.
    package static func decode<Result>(
        _ documents: [YAMLDocument], file: String, leniency: StrictLeniency = .none,
        overlooked: (StrictProblem) -> Void = { _ in }, _ body: (StrictMap) -> Result
    ) throws(StrictErrors) -> Result {
        let context = StrictContext(file: file, leniency: leniency)
        guard let document = documents.first(where: { !$0.node.isNull }) else {
            context.report("the file is empty", at: YAMLNode.Position(line: 1, column: 1))
            throw StrictErrors(problems: context.problems)
        }
        for extra in documents where extra.index != document.index && !extra.node.isNull {
            context.report("the file must hold one document, and this is a further one", at: extra.node.position)
        }
        guard let map = StrictMap(document.node, context: context) else {
            context.report("must be a map, not a \(document.node.typeName)", at: document.node.position)
            throw StrictErrors(problems: context.problems)
        }
        let result = body(map)
        map.reportUnknownFields()
        guard context.problems.isEmpty else { throw StrictErrors(problems: context.problems) }
        context.overlooked.forEach(overlooked)
        return result
    }
}

/// What a reader overlooks, for files that another program reads in that way too.
package struct StrictLeniency: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Keys in other upper and lower case; of several the last counts in the order of bytes (Go's `encoding/json`).
    package static let otherCase = StrictLeniency(rawValue: 1)
    /// Fields that nobody asks for.
    package static let unknownFields = StrictLeniency(rawValue: 2)
    package static let none: StrictLeniency = []
}

/// Where in the file the decoder is, and what it has found wrong so far. Not Sendable: one file, one call.
package final class StrictContext {
    private final class Collected {
        var problems: [StrictProblem] = []
        var overlooked: [StrictProblem] = []
    }

    package let file: String
    package let path: String
    let leniency: StrictLeniency
    private let collected: Collected

    init(file: String, leniency: StrictLeniency = .none) {
        self.file = file
        self.leniency = leniency
        path = ""
        collected = Collected()
    }

    private init(parent: StrictContext, path: String) {
        file = parent.file
        leniency = parent.leniency
        self.path = path
        collected = parent.collected
    }

    func element(_ index: Int) -> StrictContext { StrictContext(parent: self, path: "\(path)[\(index)]") }

    package func field(_ name: String) -> StrictContext {
        StrictContext(parent: self, path: path.isEmpty ? name : "\(path).\(name)")
    }

    /// Sorted by place in the file.
    package var problems: [StrictProblem] { Self.sorted(collected.problems) }

    /// Sorted in the same way.
    var overlooked: [StrictProblem] { Self.sorted(collected.overlooked) }

    private static func sorted(_ problems: [StrictProblem]) -> [StrictProblem] {
        problems.enumerated().sorted { left, right in
            let (first, second) = (left.element.position, right.element.position)
            return (first.line, first.column, left.offset) < (second.line, second.column, right.offset)
        }.map(\.element)
    }

    /// Records a problem; where no path is given, of what is being read. A file can hold no more than a thousand that are worth telling.
    package func report(_ message: String, at position: YAMLNode.Position, path: String? = nil) {
        guard collected.problems.count < 1000 else { return }
        collected.problems.append(
            StrictProblem(file: file, position: position, path: path ?? self.path, message: message))
    }

    /// Records a field that nobody asks for: a problem, or something to overlook.
    func reportUnknown(_ message: String, at position: YAMLNode.Position) {
        guard leniency.contains(.unknownFields) else { return report(message, at: position) }
        guard collected.overlooked.count < 1000 else { return }
        collected.overlooked.append(StrictProblem(file: file, position: position, path: path, message: message))
    }

    package func report<Wrapped>(_ message: String, at located: Located<Wrapped>) {
        report(message, at: located.position, path: located.path)
    }

    package func read<Field: StrictValue>(_ type: Field.Type, from node: YAMLNode) -> Field {
        if let value = Field.read(node, in: self) { return value }
        report("must be \(Field.expectation), not \(Self.found(node))", at: node.position)
        return .placeholder
    }

    /// What stands there instead. A word is shown, since a typing mistake shows best as written; a number or boolean is
    /// not, since it may be a password that lacks its quotes, and neither is the user of an address.
    private static func found(_ node: YAMLNode) -> String {
        switch node.value {
        case .string(let text) where text.contains("://") && text.contains("@"): "an address with a user"
        case .string(let text) where text.count <= 40: "\"\(text)\""
        case .null: "empty"
        case .bool, .integer, .number: "a \(node.typeName) (quotes make it text)"
        default: "a \(node.typeName)"
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Manifests
internal import Planning

/// A row holds what this program never writes.
struct RowError: Error {
    var message: String
}

extension Database {
    /// Adds a row. Each set of columns is prepared once.
    func add(_ table: String, _ values: KeyValuePairs<String, (any DatabaseValueConvertible)?>) throws {
        let columns = values.map { "\"\($0.key)\"" }.joined(separator: ", ")
        let marks = values.map { _ in "?" }.joined(separator: ", ")
        try cachedStatement(sql: "INSERT INTO \(table) (\(columns)) VALUES (\(marks))")
            .execute(arguments: StatementArguments(values.map(\.value)))
    }

    func rows(_ sql: String, _ arguments: (any DatabaseValueConvertible)?...) throws -> [Row] {
        try rows(sql, arguments)
    }

    func rows(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    }
}

extension Row {
    /// A column that is always there.
    func text(_ column: String) throws -> String {
        guard let text = String.fromDatabaseValue(self[column]) else { throw RowError(message: "\(column) is no text") }
        return text
    }

    func optionalText(_ column: String) -> String? { self[column] }

    func integer(_ column: String) throws -> Int64 {
        guard let number = Int64.fromDatabaseValue(self[column]) else {
            throw RowError(message: "\(column) is no number")
        }
        return number
    }

    func optionalInteger(_ column: String) -> Int64? { self[column] }

    func timestamp(_ column: String) throws -> Timestamp {
        Timestamp(millisecondsSinceEpoch: try integer(column))
    }

    func word<Word: RawRepresentable<String>>(_ column: String) throws -> Word {
        let text = try text(column)
        guard let word = Word(rawValue: text) else {
            throw RowError(message: "\(column) holds the unknown word \(text)")
        }
        return word
    }

    func object(_ column: String) throws -> ObjectID {
        guard let object = ObjectID(key: try text(column)) else { throw RowError(message: "\(column) is no object") }
        return object
    }

    func target() throws -> TargetID {
        TargetID(application: try text("application"), environment: try text("environment"))
    }

    func cause() throws -> Cause? { try optionalText("cause").map { try Cause(json: $0) } }
}

extension Cause {
    /// For a column: one JSON object, absent parts left out.
    var json: String {
        var value = Object()
        value["object"] = object.map { .string($0.key) }
        value["reason"] = .string(reason)
        value["message"] = .string(message)
        value["pod"] = pod.map { .string($0) }
        value["container"] = container.map { .string($0) }
        value["image"] = image.map { .string($0) }
        value["exitCode"] = exitCode.map { .integer($0) }
        if !logLines.isEmpty { value["logLines"] = .array(logLines.map { .string($0) }) }
        return JSON.text(.object(value))
    }

    init(json: String) throws {
        let value = try parseColumn(json)
        guard let reason = value["reason"]?.string, let message = value["message"]?.string else {
            throw RowError(message: "a cause has no reason or message")
        }
        self.init(
            object: value["object"]?.string.flatMap { ObjectID(key: $0) }, reason: reason, message: message,
            pod: value["pod"]?.string, container: value["container"]?.string, image: value["image"]?.string,
            exitCode: value["exitCode"]?.integer, logLines: value["logLines"]?.array?.compactMap(\.string) ?? [])
    }
}

/// Texts in their order, as a column holds them.
enum TextList {
    static func json(_ texts: [String]) -> String { JSON.text(.array(texts.map { .string($0) })) }

    static func parse(_ json: String) throws -> [String] { try parseColumn(json).array?.compactMap(\.string) ?? [] }
}

private func parseColumn(_ json: String) throws -> Value {
    do { return try JSON.parse(json) } catch { throw RowError(message: "a column is \(error)") }
}

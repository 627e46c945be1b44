// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A line of a container's log.
struct LogLine {
    var time: Timestamp
    var text: String
}

/// How much of a log is wanted, and in what form (`PodLogOptions` of core/v1).
struct LogOptions {
    var container: String
    var isPrevious: Bool
    var follows: Bool
    private let since: Timestamp?
    private let tail: Int?
    private let showsTimes: Bool
    private let limit: Int?

    /// - Throws: 400 for what cannot be read, 422 for what makes no sense (`ValidatePodLogOptions`).
    init(_ target: RequestTarget, now: Timestamp) throws(StatusError) {
        container = target["container"] ?? ""
        isPrevious = target.flag("previous")
        follows = target.flag("follow")
        showsTimes = target.flag("timestamps")
        let seconds = try Self.integer(target["sinceSeconds"])
        tail = try Self.integer(target["tailLines"])
        limit = try Self.integer(target["limitBytes"])
        let sinceTime = target["sinceTime"].flatMap { Timestamp($0) }
        since = seconds.map { now + (.zero - .seconds($0)) } ?? sinceTime
        var causes: [StatusError.Cause] = []
        func atLeast(_ least: Int, _ field: String, _ value: Int?, _ words: String) {
            guard let value, value < least else { return }
            causes.append(Validation.invalid(field, .integer(Int64(value)), words))
        }
        atLeast(0, "tailLines", tail, "must be greater than or equal to 0")
        atLeast(1, "limitBytes", limit, "must be greater than 0")
        if seconds != nil, sinceTime != nil {
            causes.append(Validation.forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"))
        } else {
            atLeast(1, "sinceSeconds", seconds, "must be greater than 0")
        }
        guard causes.isEmpty else {
            throw .invalid(
                group: "", kind: "PodLogOptions", name: target.segments.dropLast().last ?? "", causes: causes)
        }
    }

    private static func integer(_ text: String?) throws(StatusError) -> Int? {
        guard let text, !text.isEmpty else { return nil }
        guard let value = Int(text) else {
            throw .badRequest("strconv.ParseInt: parsing \(GoText.quoted(text)): invalid syntax")
        }
        return value
    }

    /// Of what is there when it is asked for, the part that is wanted.
    func selected(_ lines: [LogLine]) -> [UInt8] {
        let wanted = lines.filter { line in since.map { line.time >= $0 } ?? true }
        return bytes(tail.map { wanted.suffix($0) } ?? wanted[...], after: 0)
    }

    /// What has come since, as far as there is room after the bytes that were sent.
    func bytes(_ lines: ArraySlice<LogLine>, after sent: Int) -> [UInt8] {
        let text = lines.map { line in
            (showsTimes ? "\(line.time.secondsDescription.dropLast()).000000000Z " : "") + line.text + "\n"
        }.joined()
        return Array(text.utf8.prefix(limit.map { max(0, $0 - sent) } ?? .max))
    }

    /// Nothing more is wanted.
    func isFull(_ sent: Int) -> Bool { limit.map { sent >= $0 } ?? false }
}

// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// One thing that happened, as it is kept until every receiver has it. Holds what statuses and verdicts hold already: no
/// values of Secrets.
package struct NotificationEvent: Sendable, Hashable {
    /// The same for every try and every receiver.
    package var id: String
    package var kind: NotificationKind
    package var target: TargetID
    package var at: Timestamp
    package var rollout: String?
    package var digest: String?
    /// The commit that it is about: of a rollback, the one that is back.
    package var revision: String?
    /// The commit before: of a rollback, the one that was taken back.
    package var fromRevision: String?
    /// Of the commit that it is about: of a rollback, the one that was taken back.
    package var author: String?
    package var subject: String?
    package var cause: Cause?
    /// Since when it waits, or is not well.
    package var since: Timestamp?
    /// What else is to be said, one sentence.
    package var note: String?
    /// Who asked for it; nil where git or the daemon did.
    package var person: String?
    /// It ends what nobody was called for.
    package var endsNoAlert = false

    package init(
        id: String, kind: NotificationKind, target: TargetID, at: Timestamp, rollout: String? = nil,
        digest: String? = nil, revision: String? = nil, fromRevision: String? = nil, author: String? = nil,
        subject: String? = nil, cause: Cause? = nil, since: Timestamp? = nil, note: String? = nil,
        person: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.target = target
        self.at = at
        self.rollout = rollout
        self.digest = digest
        self.revision = revision
        self.fromRevision = fromRevision
        self.author = author
        self.subject = subject
        self.cause = cause?.bounded
        self.since = since
        self.note = note
        self.person = person
    }

    /// In place of a target, where it is about the pipeline as a whole.
    package static let pipeline = TargetID(application: "", environment: "")

    package var isAboutPipeline: Bool { target == Self.pipeline }

    /// A rollback is about the commit that it took back: the one that is back was judged before.
    package var isAboutTakenBack: Bool { kind == .rolledBack || kind == .rollbackFailed }

    /// Of a trouble that ended, what it was: `it was degraded since 2026-11-21T10:00:00Z: Deployment …`.
    func past(_ what: String) -> String {
        let from = since.map { " since \($0.secondsDescription)" } ?? ""
        let why = cause.map { ": \($0)" } ?? ""
        return "\(what)\(from)\(why)".singleLine.shortened(to: 500)
    }

    /// `3f2a91c`.
    package var shortRevision: String { revision.map { String($0.prefix(7)) } ?? "" }
}

// MARK: As kept, and as sent

extension NotificationEvent {
    package var json: Value {
        var value: Object = [
            "id": .string(id), "event": .string(kind.rawValue), "application": .string(target.application),
            "environment": .string(target.environment), "time": .string(at.description),
        ]
        func set(_ key: String, _ text: String?) { value[key] = text.map { .string($0) } }
        set("rollout", rollout)
        set("digest", digest)
        set("revision", revision)
        set("fromRevision", fromRevision)
        set("author", author)
        set("subject", subject)
        set("since", since?.description)
        set("note", note)
        set("person", person)
        if endsNoAlert { value["endsNoAlert"] = .bool(true) }
        value["cause"] = cause.map(Self.json)
        return .object(value)
    }

    private static func json(_ cause: Cause) -> Value {
        var value: Object = ["reason": .string(cause.reason), "message": .string(cause.message)]
        value["object"] = cause.object.map { .string($0.key) }
        value["pod"] = cause.pod.map { .string($0) }
        value["container"] = cause.container.map { .string($0) }
        value["image"] = cause.image.map { .string($0) }
        value["exitCode"] = cause.exitCode.map { .integer($0) }
        if !cause.logLines.isEmpty { value["logLines"] = .array(cause.logLines.map { .string($0) }) }
        return .object(value)
    }

    /// Nil for what this program never writes.
    package init?(json value: Value) {
        func text(_ key: String) -> String? { value[key]?.string }
        guard let id = text("id"), let kind = text("event").flatMap(NotificationKind.init(rawValue:)),
            let application = text("application"), let environment = text("environment"),
            let at = text("time").flatMap({ Timestamp($0) })
        else { return nil }
        self.init(
            id: id, kind: kind, target: TargetID(application: application, environment: environment), at: at,
            rollout: text("rollout"), digest: text("digest"), revision: text("revision"),
            fromRevision: text("fromRevision"), author: text("author"), subject: text("subject"),
            cause: value["cause"].flatMap(Self.cause), since: text("since").flatMap { Timestamp($0) },
            note: text("note"), person: text("person"))
        endsNoAlert = value["endsNoAlert"]?.bool ?? false
    }

    private static func cause(_ value: Value) -> Cause? {
        guard let reason = value["reason"]?.string, let message = value["message"]?.string else { return nil }
        return Cause(
            object: value["object"]?.string.flatMap { ObjectID(key: $0) }, reason: reason, message: message,
            pod: value["pod"]?.string, container: value["container"]?.string, image: value["image"]?.string,
            exitCode: value["exitCode"]?.integer, logLines: value["logLines"]?.array?.compactMap(\.string) ?? [])
    }
}

extension String {
    /// At most so many Unicode scalars, the last of them `…` where something was left out: what is one character to a
    /// reader may have any number of them.
    package func shortened(to length: Int) -> String {
        guard unicodeScalars.count > length else { return self }
        return String(unicodeScalars.prefix(max(length - 1, 0))) + "…"
    }

    /// One line without control characters: for subjects, descriptions and headers.
    package var singleLine: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: if text.last != " " { text += " " }
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension Cause {
    private static let longestText = 1000
    private static let mostLogLines = 20

    /// As a notification keeps it: messages and log lines have any length.
    var bounded: Cause {
        var cause = self
        cause.message = message.shortened(to: Self.longestText)
        cause.logLines = logLines.suffix(Self.mostLogLines).map { $0.shortened(to: 300) }
        return cause
    }
}

// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A message with placeholders, `{application} failed: {reason}`. `{{` and `}}` stand for braces. No language: what it
/// cannot say, a webhook's receiver can.
package struct NotificationTemplate: Sendable, Hashable {
    enum Part: Sendable, Hashable {
        case text(String)
        case placeholder(Placeholder)
    }

    package enum Placeholder: String, Sendable, Hashable, CaseIterable {
        case application, environment, event, title, revision, shortRevision, fromRevision, author, subject, reason
        case message, object, since, time, rollout, note

        func text(of event: NotificationEvent) -> String {
            switch self {
            case .application: event.target.application
            case .environment: event.target.environment
            case .event: event.kind.rawValue
            case .title: NotificationText(event).title
            case .revision: event.revision ?? ""
            case .shortRevision: event.shortRevision
            case .fromRevision: event.fromRevision ?? ""
            case .author: event.author ?? ""
            case .subject: event.subject ?? ""
            case .reason: event.cause?.reason ?? ""
            case .message: event.cause?.message ?? event.note ?? ""
            case .object: event.cause?.object?.description ?? ""
            case .since: event.since?.secondsDescription ?? ""
            case .time: event.at.secondsDescription
            case .rollout: event.rollout ?? ""
            case .note: event.note ?? ""
            }
        }
    }

    package struct Mistake: Error, Sendable, Hashable {
        package var message: String
    }

    /// In characters, as rendered.
    private static let longest = 3000
    private let parts: [Part]

    init(parts: [Part]) { self.parts = parts }

    package init(_ text: String) throws(Mistake) {
        var parts: [Part] = []
        var literal = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                literal.append(character)
                rest.removeFirst()
            case "}": throw Mistake(message: "has a \"}\" that nothing opens; write \"}}\" for the brace itself")
            case "{":
                guard let end = rest.firstIndex(of: "}") else {
                    throw Mistake(message: "has a \"{\" that nothing closes; write \"{{\" for the brace itself")
                }
                let name = String(rest[..<end])
                guard let placeholder = Placeholder(rawValue: name) else {
                    let names = Placeholder.allCases.map(\.rawValue)
                    let ending = Suggestion.ending(for: name, among: names)
                    throw Mistake(
                        message: "has no placeholder \"{\(name.prefix(40))}\"\(ending); there are "
                            + names.map { "{\($0)}" }.joined(separator: ", "))
                }
                if !literal.isEmpty { parts.append(.text(literal)) }
                literal = ""
                parts.append(.placeholder(placeholder))
                rest = rest[rest.index(after: end)...]
            default: literal.append(character)
            }
        }
        if !literal.isEmpty { parts.append(.text(literal)) }
        self.parts = parts
    }

    package func text(of event: NotificationEvent) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .placeholder(let placeholder): placeholder.text(of: event)
            }
        }.joined().shortened(to: Self.longest)
    }
}

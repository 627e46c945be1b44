// SPDX-License-Identifier: Apache-2.0

import Manifests

extension FaultRule {
    /// A rule as people write it, in JSON or YAML.
    ///
    /// - Throws: everything that is wrong with it, each with its field.
    static func decode(_ bytes: [UInt8]) throws(StrictErrors) -> FaultRule {
        let limits = YAML.Limits(bytes: 1 << 20, depth: 50, nodes: 20_000, documents: 10)
        return try StrictDecoder.decode(bytes, file: "fault", limits: limits) { fields in
            let id: Name? = fields.optional("id")
            let match = fields.map("match", FaultMatch.init) ?? FaultMatch()
            let probability: Probability? = fields.optional("probability")
            let times: Count? = fields.optional("times")
            // A rule that was shown can be given back.
            fields.ignore("struck")
            return FaultRule(
                FaultEffect.read(fields), match: match, times: times?.value, probability: probability?.value ?? 1,
                id: id?.text ?? "")
        }
    }
}

extension FaultEffect {
    private static let names = [
        "latency", "error", "reset", "hang", "stale", "watch", "mutate", "deny", "finalizer",
    ]

    fileprivate static func read(_ fields: StrictMap) -> FaultEffect {
        let stated: [FaultEffect?] = [
            fields.optional("latency", as: Latency.self).map { .latency($0.range) },
            fields.map("error") { map in
                let code: StatusCode = map.required("code")
                let retryAfter: Count? = map.optional("retryAfter")
                return .error(
                    FaultError(
                        code.value, reason: map.optional("reason"), message: map.optional("message"),
                        retryAfter: retryAfter?.value),
                    map.optional("when") ?? .before)
            },
            fields.optional("reset", as: Reset.self).map { .reset($0) },
            fields.optional("hang", as: Moment.self).map { .hang($0) },
            fields.map("stale") { .stale(revisions: $0.required("revisions", as: Count.self).value) },
            fields.map("watch") { .watch(WatchFault($0)) },
            fields.optional("mutate", as: PatchOperations.self).map { .mutate($0.value) },
            fields.map("deny") { map in
                let code: StatusCode? = map.optional("code")
                return .deny(
                    Denial(
                        webhook: map.required("webhook"), message: map.optional("message") ?? "",
                        code: code?.value ?? 403))
            },
            fields.map("finalizer") { map in
                .finalizer(StuckFinalizer(map.required("name"), at: map.optional("when") ?? .create))
            },
        ]
        let effects = stated.compactMap(\.self)
        if effects.count != 1 {
            let all = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
            fields.report(
                effects.isEmpty
                    ? "says nothing of what happens: one of \(all) is needed"
                    : "says more than one thing that happens: one of \(all) makes a fault, and faults add up")
        }
        return effects.first ?? .hang(.before)
    }
}

extension FaultMatch {
    fileprivate init(_ fields: StrictMap) {
        func globs(_ name: String) -> [Glob] { fields.optional(name, as: GlobList.self)?.globs ?? [] }
        self.init(
            method: globs("method").map { Glob($0.text.uppercased()) }, verb: globs("verb"), group: globs("group"),
            kind: globs("kind"), resource: globs("resource"), subresource: globs("subresource"),
            namespace: globs("namespace"), name: globs("name"), path: globs("path"), userAgent: globs("userAgent"),
            labels: fields.optional("labels") ?? "", dryRun: fields.optional("dryRun"))
        for pattern in verb where !Self.verbs.contains(where: pattern.matches) {
            fields.report(
                "\"\(pattern.text)\" is no verb\(Suggestion.ending(for: pattern.text, among: Self.verbs))", at: "verb")
        }
        do throws(StatusError) {
            _ = try LabelSelector(labels)
        } catch {
            fields.report("is no label selector such as app=web,tier!=test: \(error.message)", at: "labels")
        }
    }
}

extension WatchFault {
    fileprivate init(_ fields: StrictMap) {
        let action: Action = fields.required("action")
        let after: Int? = fields.optional("afterEvents")
        let delay: Duration? = fields.optional("delay")
        let events: Int? = fields.optional("events")
        if let after, after < 0 { fields.report("must be 0 or more", at: "afterEvents") }
        if let events, !(1...WatchOutput.rewindLimit).contains(events) {
            fields.report("must be 1 to \(WatchOutput.rewindLimit)", at: "events")
        }
        if action == .delay, delay == nil { fields.report("\"delay\" is missing: how late each event comes") }
        if action != .delay, delay != nil { fields.report("is for the action delay only", at: "delay") }
        if action != .rewind, events != nil { fields.report("is for the action rewind only", at: "events") }
        self.init(action, afterEvents: after ?? 0, delay: delay ?? .zero, events: events ?? 3)
    }
}

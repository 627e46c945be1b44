// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What cannot wait: a person's go past what only time opens.
extension Reconciler {
    func force(
        _ asked: GateRequest, phrase: String?, by actor: String
    ) async throws(ActionRefusal) -> ActionAnswer {
        guard asked.reason != nil else {
            throw ActionRefusal(.invalid, "InvalidRequest", "\"reason\" is missing: say why it cannot wait")
        }
        let all = try await waiting(asked)
        if asked.application != nil { for one in all { try requireNoRejection(one) } }
        let (forced, others) = (all.filter(\.gate.canBeForced), all.filter { !$0.gate.canBeForced })
        guard let first = forced.first else {
            throw ActionRefusal(
                .conflict, "NothingToForce",
                all.map { "\($0.revision) of \($0.target) waits for \($0.gate.waits.texts)" }.joined(separator: "; ")
                    + ": no force stands for that")
        }
        let environment = first.gate.environment
        guard first.gate.gate.mayForce(asked.person) else {
            let groups = environment.approvals?.groups ?? []
            throw ActionRefusal(
                .conflict, "NotInGroup",
                "\(asked.person) is not of \(groups.joined(separator: " or ")), who alone may force anything in "
                    + "\(environment.name): the daemon's configuration says under `people` who is, and --as who you are"
            )
        }
        let left = others.map {
            "\($0.revision) of \($0.target): left as it is, since it waits for \($0.gate.waits.texts)"
        }
        let list = Self.list(all)
        if let answer = try askForPhrase(
            of: environment, phrase, "\(asked.arguments) --force --reason TEXT --list \(list)")
        {
            let items = forced.map { one in
                "\(one.revision) of \(one.target)" + (one.gate.past.map { ", past \($0)" } ?? "")
            }
            return ActionAnswer(answer.message, items: items + left, code: answer.code, list: list)
        }
        var items: [String] = []
        for one in forced {
            try await say(.force, asked, of: one, past: one.gate.past, by: actor)
            let rest = one.gate.waits.filter { !$0.canBeForced }
            items.append(
                "\(one.revision) of \(one.target)" + (one.gate.past.map { ", past \($0)" } ?? "")
                    + (rest.isEmpty ? ": it is rolled out now" : ": it still waits for \(rest.texts)"))
        }
        return ActionAnswer("forced by \(asked.person)", items: items + left)
    }

    static func emergency(_ target: TargetID, _ waiting: WaitingAtGate) -> String {
        guard waiting.past != nil else { return "" }
        return
            "; in an emergency: mainstay promote \(target.application) -e \(target.environment) --force --reason TEXT"
    }

    /// What to do where time is all that is waited for, and there is none.
    static func emergency(_ asked: GateRequest, _ waiting: [Waiting]) -> String {
        guard waiting.contains(where: { $0.gate.past != nil }) else { return "" }
        return "; in an emergency: mainstay promote \(asked.arguments) --force --reason TEXT"
    }
}

extension WaitingAtGate {
    fileprivate var canBeForced: Bool { waits.contains(where: \.canBeForced) }

    /// All that a force gets past, in words; nil where that is a person's go alone.
    fileprivate var past: String? {
        let texts = waits.compactMap(\.past)
        return texts.isEmpty ? nil : texts.joined(separator: " and ")
    }
}

extension GateWait {
    fileprivate var canBeForced: Bool { past != nil || reason == .confirmation || reason == .promotion }
}
